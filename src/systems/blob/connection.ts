import { DefaultAzureCredential } from "@azure/identity";
import { BlobServiceClient } from "@azure/storage-blob";
import { z } from "zod";
import type { Connection } from "../../domain/source.ts";
import { HttpUrl, isPlainBase, isSafeForSecrets } from "../../domain/values/http-url.ts";
import type { ConnectionReader } from "../system.ts";

/** A storage account, reached by the app's managed identity or by a shared access signature. */
const BlobAccount = z.strictObject({
  kind: z.literal("blob"),
  accountUrl: HttpUrl.refine(isPlainBase).refine(isSafeForSecrets),
  /** Query of a shared access signature, e.g. `sv=...&sig=...`. Without it, the app's identity is used. */
  sas: z
    .string()
    .regex(/^[\w.~%&=:+/-]+$/)
    .refine((query) => new URLSearchParams(query).has("sig"))
    .optional(),
});

export type BlobConnection =
  | z.infer<typeof BlobAccount>
  | { readonly kind: "blob"; readonly connectionString: string };

/** Only {@link blobConnection} makes connections of this kind. */
export function isBlobConnection(connection: Connection): connection is BlobConnection {
  return connection.kind === "blob";
}

export const blobConnection: ConnectionReader = {
  looksLike:
    'a connection string of a storage account such as DefaultEndpointsProtocol=https;AccountName=...;AccountKey=..., or JSON such as {"kind":"blob","accountUrl":"https://..."}',
  read: (setting): BlobConnection | null => {
    try {
      return /^\s*\{/.test(setting)
        ? BlobAccount.parse(JSON.parse(setting))
        : readConnectionString(setting);
    } catch {
      return null;
    }
  },
};

/** @throws Error when the SDK cannot read it */
function readConnectionString(setting: string): BlobConnection | null {
  const connection = { kind: "blob", connectionString: setting } as const;
  return isSafeForSecrets(blobService(connection).url) ? connection : null;
}

/** Few retries: if a source does not answer, the run is put off. */
const OPTIONS = {
  retryOptions: { maxTries: 3, retryDelayInMs: 500, maxRetryDelayInMs: 5_000 },
} as const;

/** Keeps the tokens of the app's identity for all reads of this process. */
let identity: DefaultAzureCredential | undefined;

export function blobService(connection: BlobConnection): BlobServiceClient {
  if ("connectionString" in connection) {
    return BlobServiceClient.fromConnectionString(connection.connectionString, OPTIONS);
  }
  const { accountUrl, sas } = connection;
  if (sas !== undefined) {
    return new BlobServiceClient(`${accountUrl}?${sas}`, undefined, OPTIONS);
  }
  // takes the setting AZURE_CLIENT_ID into account, as the rest of the app does
  identity ??= new DefaultAzureCredential();
  return new BlobServiceClient(accountUrl, identity, OPTIONS);
}

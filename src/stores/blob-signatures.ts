import { createHash } from "node:crypto";
import {
  BlobSASPermissions,
  type BlobSASSignatureValues,
  type BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
  type UserDelegationKey,
} from "@azure/storage-blob";
import { AppError } from "../domain/errors.ts";
import type { FilePath } from "../domain/files.ts";
import type { ReadToken } from "../domain/ports.ts";
import type { InTime } from "./blob-pieces.ts";
import { percentEncoded } from "./percent-encoded.ts";

/**
 * The fields of a signature change with its version, and the SDK's default changes with the SDK. A fixed version makes
 * this file decide what is signed.
 */
const SAS_VERSION = "2025-11-05";
/** Clocks of storage and of clients may be slow: the start of a link, and of its key, lies back by as much as the vendor says. */
const CLOCK_SKEW_MS = 15 * 60_000;
/** Lifetime of a requested key; one key signs many addresses. */
const KEY_LIFETIME_MS = 4 * 3_600_000;

export interface SignRequest {
  readonly path: FilePath;
  /** `r`: read; `cw`: create and write. */
  readonly permissions: "r" | "cw";
  readonly expiresAt: Date;
  /** Headers of the answer to a read; they replace the blob's own. */
  readonly headers?: {
    readonly contentType: string;
    readonly contentDisposition: string;
    readonly contentEncoding?: string;
  };
}

export interface BlobSigner {
  /** Address of one blob with its signature. */
  url(request: SignRequest): Promise<string>;
  /** Signature that lets its holder read the blobs of one container, by their names. */
  container(container: string, expiresAt: Date): Promise<ReadToken>;
}

/**
 * Signs addresses of blobs and containers: with a user-delegation key if the app has an identity, with the account's
 * key if it has a connection string. A signature never outlives its key.
 *
 * @param inTime time limit for getting a key
 * @see https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas
 */
export function blobSigner(service: BlobServiceClient, inTime: InTime): BlobSigner {
  const protocol = service.url.startsWith("https:") ? SASProtocol.Https : SASProtocol.HttpsAndHttp;
  const delegationKey = delegationKeys(service, inTime);

  const sign = async (
    wanted: Omit<BlobSASSignatureValues, "startsOn" | "protocol" | "version">,
    expiresAt: Date,
  ): Promise<{ text: string; expiresAt: Date; signature: string }> => {
    const { credential, accountName } = service;
    const key =
      credential instanceof StorageSharedKeyCredential ? null : await delegationKey(expiresAt);
    const expiresOn = wholeSeconds(earlier(expiresAt, key?.signedExpiresOn ?? expiresAt));
    const values = {
      ...wanted,
      startsOn: new Date(Math.min(Date.now(), expiresOn.getTime()) - CLOCK_SKEW_MS),
      expiresOn,
      protocol,
      version: SAS_VERSION,
    };
    const signed =
      key === null
        ? generateBlobSASQueryParameters(values, credential as StorageSharedKeyCredential)
        : generateBlobSASQueryParameters(values, key, accountName);
    const { signature } = signed;
    const text = signed.toString().replace(/\bsig=[^&]*/, `sig=${percentEncoded(signature)}`);
    return { text, expiresAt: expiresOn, signature };
  };

  return {
    url: async ({ path, permissions, expiresAt, headers }) => {
      const wanted = { containerName: path.container, blobName: path.name, ...headers };
      const { text } = await sign(
        { ...wanted, permissions: BlobSASPermissions.parse(permissions) },
        expiresAt,
      );
      const blob = service.getContainerClient(path.container).getBlobClient(path.name);
      return `${blob.url}?${text}`;
    },

    container: async (container, expiresAt) => {
      requireEncrypted(service);
      const permissions = ContainerSASPermissions.parse("r");
      const { signature, ...signed } = await sign(
        { containerName: container, permissions },
        expiresAt,
      );
      return {
        uri: service.getContainerClient(container).url,
        sharedAccessSignature: signed.text,
        expiresAt: signed.expiresAt,
        signatureSha256: createHash("sha256").update(signature).digest("hex"),
      };
    },
  };
}

/** An account that anybody can listen to gets no signature for a whole container, unless it is on this machine. */
function requireEncrypted({ url }: BlobServiceClient): void {
  const { protocol, hostname } = new URL(url);
  if (protocol !== "https:" && !LOOPBACK_HOSTS.includes(hostname)) {
    throw new AppError(
      "settings-invalid",
      "Cannot sign for a container: the storage account is reached without encryption",
    );
  }
}

const LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"];

const earlier = (a: Date, b: Date): Date => (a < b ? a : b);
const wholeSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1_000) * 1_000);

/** Gets keys with at least the requested lifetime. The last key is reused as long as it lasts. */
function delegationKeys(
  service: BlobServiceClient,
  inTime: InTime,
): (neededUntil: Date) => Promise<UserDelegationKey> {
  let last: UserDelegationKey | null = null;
  return async (neededUntil) => {
    if (last === null || last.signedExpiresOn < neededUntil) {
      const now = Date.now();
      const until = Math.max(neededUntil.getTime(), now + KEY_LIFETIME_MS);
      const from = new Date(now - CLOCK_SKEW_MS);
      last = await service.getUserDelegationKey(from, new Date(until), inTime());
    }
    return last;
  };
}

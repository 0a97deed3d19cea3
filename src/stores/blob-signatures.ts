import {
  BlobSASPermissions,
  type BlobServiceClient,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
  type UserDelegationKey,
} from "@azure/storage-blob";
import type { FilePath } from "../domain/files.ts";
import type { InTime } from "./blob-pieces.ts";

/**
 * The fields of a signature change with its version, and the SDK's default changes with the SDK. A fixed version makes
 * this file decide what is signed.
 */
const SAS_VERSION = "2025-11-05";
/** Clients' clocks may be slow. */
const CLOCK_SKEW_MS = 5 * 60_000;
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

/**
 * Signs addresses of single blobs: with a user-delegation key if the app has an identity, with the account's key if it
 * has a connection string.
 *
 * @param inTime time limit for getting a key
 * @see https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas
 */
export function blobSigner(
  service: BlobServiceClient,
  inTime: InTime,
): (request: SignRequest) => Promise<string> {
  const protocol = service.url.startsWith("https:") ? SASProtocol.Https : SASProtocol.HttpsAndHttp;
  const delegationKey = delegationKeys(service, inTime);

  return async ({ path, permissions, expiresAt, headers }) => {
    const values = {
      containerName: path.container,
      blobName: path.name,
      permissions: BlobSASPermissions.parse(permissions),
      startsOn: new Date(Math.min(Date.now(), expiresAt.getTime()) - CLOCK_SKEW_MS),
      expiresOn: expiresAt,
      protocol,
      version: SAS_VERSION,
      ...headers,
    };
    const { credential, accountName } = service;
    const signature =
      credential instanceof StorageSharedKeyCredential
        ? generateBlobSASQueryParameters(values, credential)
        : generateBlobSASQueryParameters(values, await delegationKey(expiresAt), accountName);
    const blob = service.getContainerClient(path.container).getBlobClient(path.name);
    return `${blob.url}?${signature}`;
  };
}

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

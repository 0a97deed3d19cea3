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
 * The fields of a signature change with its version, and the SDK's default moves with the SDK. Pinned, so that what is
 * signed is decided here.
 */
const SAS_VERSION = "2025-11-05";
/** Clocks of clients may be behind. */
const CLOCK_SKEW_MS = 5 * 60_000;
/** How long a key is asked for; one key signs many addresses. */
const KEY_LIFETIME_MS = 4 * 3_600_000;

export interface SignRequest {
  readonly path: FilePath;
  /** `r`: read; `cw`: create and write. */
  readonly permissions: "r" | "cw";
  readonly expiresAt: Date;
  /** Headers that a read is answered with, whatever the blob's own are. */
  readonly headers?: { readonly contentType: string; readonly contentDisposition: string };
}

/**
 * Signs addresses of single blobs: with a user-delegation key where the app has an identity, with the account's key
 * where it has a connection string.
 *
 * @param inTime how long a key may take
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

/** Keys that live at least as long as asked; the last one is used as long as it does. */
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

import { type BlobClient, RestError } from "@azure/storage-blob";
import type { BlobFile } from "./list-files.ts";

/** Size of one request. Memory holds one range, and a broken connection costs one range. */
const RANGE_BYTES = 4 * 1_048_576;
const RANGE_ATTEMPTS = 3;
const RANGE_TIMEOUT_MS = 60_000;

/**
 * The bytes of a listed file, in ranges, each one request. So a slow reader does not keep a connection open.
 *
 * @throws RestError, with status 412 or 404 when the file was changed or deleted; the signal's reason
 */
export async function* fileBytes(
  blob: BlobClient,
  { bytes, etag }: BlobFile,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes; from += RANGE_BYTES) {
    yield await range(blob, { from, bytes: Math.min(RANGE_BYTES, bytes - from), etag }, signal);
  }
}

async function range(
  blob: BlobClient,
  { from, bytes, etag }: { from: number; bytes: number; etag: string },
  signal: AbortSignal,
): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await blob.downloadToBuffer(from, bytes, {
        abortSignal: AbortSignal.any([signal, AbortSignal.timeout(RANGE_TIMEOUT_MS)]),
        blockSize: RANGE_BYTES,
        conditions: { ifMatch: etag },
      });
    } catch (error) {
      signal.throwIfAborted();
      // the SDK repeats refused requests, but gives up when a body breaks off
      if (error instanceof RestError || attempt === RANGE_ATTEMPTS) {
        throw error;
      }
    }
  }
}

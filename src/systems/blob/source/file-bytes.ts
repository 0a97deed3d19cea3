import { type BlobClient, RestError } from "@azure/storage-blob";
import type { BlobFile } from "./list-files.ts";

/** What a read holds in memory, and what is fetched again when a connection breaks. */
const RANGE_BYTES = 4 * 1_048_576;
const RANGE_ATTEMPTS = 3;
const RANGE_TIMEOUT_MS = 60_000;

/**
 * The bytes of a file as it was listed, in ranges, each one request: a reader may take as long as it likes without a
 * connection that waits for it.
 *
 * @throws RestError, with status 412 or 404 when the file has changed or is gone; the signal's reason
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
      // the SDK repeats what the service refuses, but gives up when a body that has begun breaks off
      if (error instanceof RestError || attempt === RANGE_ATTEMPTS) {
        throw error;
      }
    }
  }
}

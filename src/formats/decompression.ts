import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Decompression } from "./import-format.ts";
import { UnreadableFileError } from "./unreadable-file-error.ts";

/** How much may come out of a packed file: what a few bytes can unpack to knows no other bound. */
export interface UnpackLimits {
  /** Bytes of all that comes out. */
  readonly maxBytes: number;
  /** Bytes out for each byte in; looked at once more than {@link RATIO_FREE_BYTES} have come out. */
  readonly maxRatio: number;
}

export const UNPACK_LIMITS: UnpackLimits = { maxBytes: 8 * 2 ** 30, maxRatio: 200 };
/** Short files of equal rows are packed better than any attack that could hurt. */
const RATIO_FREE_BYTES = 16 * 2 ** 20;
const CHUNK_BYTES = 65_536;

/** Whether a file that starts with these bytes is gzip (RFC 1952) with the only method that there is. */
export function isGzip(firstBytes: Uint8Array): boolean {
  return firstBytes[0] === 0x1f && firstBytes[1] === 0x8b && firstBytes[2] === 8;
}

/**
 * Unpacks a file on its way, as fast as it is taken. An iteration that ends early ends `chunks` too.
 *
 * @param compression `auto`: gzip when the bytes start like gzip
 * @throws UnreadableFileError on damage, a cut end, anything behind the end, and beyond the limits
 */
export async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  compression: Decompression,
  limits: UnpackLimits = UNPACK_LIMITS,
): AsyncGenerator<Uint8Array> {
  if (compression === "none") {
    yield* chunks;
    return;
  }
  const { first, all } = await peek(chunks, 3);
  if (compression === "auto" && !isGzip(first)) {
    yield* all;
    return;
  }
  yield* unpack(all, { stream: createGunzip({ chunkSize: CHUNK_BYTES }), what: "gzip", limits });
}

interface Unpacking {
  readonly stream: Duplex & { readonly bytesWritten: number };
  /** How errors call the packed bytes. */
  readonly what: string;
  readonly limits: UnpackLimits;
}

/** Unpacks by one of zlib's streams, under limits that zlib's own `maxOutputLength` does not keep for streams. */
export async function* unpack(
  packed: AsyncIterable<Uint8Array>,
  { stream, what, limits }: Unpacking,
): AsyncGenerator<Buffer> {
  let given = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of packed) {
      given += chunk.length;
      yield chunk;
    }
  }
  const written = pipeline(counted(), stream);
  // A failure also destroys the stream, so that the loop below throws it; this one only must not go unhandled.
  written.catch(() => undefined);
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      refuseBeyond({ bytes, packedBytes: stream.bytesWritten }, limits);
      yield chunk;
    }
    await written;
  } catch (error) {
    if (hasCode(error, "Z_")) {
      const where = `after ${bytes} unpacked bytes (${error.message})`;
      throw new UnreadableFileError(`its ${what} data is damaged or cut off ${where}`, {
        cause: error,
      });
    }
    // The stream closes at the end of its data, whatever comes behind that.
    if (!hasCode(error, "ERR_STREAM_PREMATURE_CLOSE")) {
      throw error;
    }
  }
  if (stream.bytesWritten < given) {
    throw new UnreadableFileError(
      `more bytes stand behind the end of its ${what} data, which has ${stream.bytesWritten}`,
    );
  }
}

function refuseBeyond(
  { bytes, packedBytes }: { bytes: number; packedBytes: number },
  { maxBytes, maxRatio }: UnpackLimits,
): void {
  if (bytes > maxBytes) {
    throw new UnreadableFileError(`it unpacks to more than ${maxBytes} bytes`);
  }
  if (bytes > RATIO_FREE_BYTES && bytes > maxRatio * packedBytes) {
    throw new UnreadableFileError(
      `it unpacks to more than ${maxRatio} times its size: ${bytes} bytes from ${packedBytes}`,
    );
  }
}

function hasCode(error: unknown, start: string): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith(start);
}

/** Waits for the first bytes, and gives them with an iteration of all bytes. */
async function peek(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
): Promise<{ first: Uint8Array; all: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let first: Uint8Array = new Uint8Array();
  let ended = false;
  while (first.length < bytes && !ended) {
    const { done, value } = await iterator.next();
    ended = done === true;
    first = ended ? first : first.length === 0 ? value : Buffer.concat([first, value]);
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield first;
      while (!ended) {
        const { done, value } = await iterator.next();
        ended = done === true;
        if (!ended) {
          yield value;
        }
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { first, all: all() };
}

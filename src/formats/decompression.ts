import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { z } from "zod";
import { UnreadableFileError } from "./unreadable-file-error.ts";

/** How the file's bytes are packed; `auto`: gzip when they start like gzip. */
export const Decompression = z.enum(["auto", "gzip", "none"]);
export type Decompression = z.infer<typeof Decompression>;

/** Limits for an unpacked file. Without them, a few bytes could unpack to any size. */
export interface UnpackLimits {
  /** Bytes of all output. */
  readonly maxBytes: number;
  /** Bytes out for each byte in; checked once more than {@link RATIO_FREE_BYTES} have come out. */
  readonly maxRatio: number;
}

export const UNPACK_LIMITS: UnpackLimits = { maxBytes: 8 * 2 ** 30, maxRatio: 200 };
/** Short files of equal rows compress better than any attack that could do harm. */
const RATIO_FREE_BYTES = 16 * 2 ** 20;
const CHUNK_BYTES = 65_536;

/** Whether a file that starts with these bytes is gzip (RFC 1952) with its only method, deflate. */
export function isGzip(firstBytes: Uint8Array): boolean {
  return firstBytes[0] === 0x1f && firstBytes[1] === 0x8b && firstBytes[2] === 8;
}

/**
 * Unpacks a file as fast as its output is taken. An iteration that ends early ends `chunks` too.
 *
 * @param compression `auto`: gzip when the bytes start like gzip
 * @throws UnreadableFileError on damage, a cut end, bytes after the end, and output beyond the limits
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
  /** Name of the packed bytes in error texts. */
  readonly what: string;
  readonly limits: UnpackLimits;
}

/** Unpacks with one of zlib's streams and enforces limits. zlib's own `maxOutputLength` does not apply to streams. */
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
  // A failure also destroys the stream, so the loop below throws it. Only this promise must not go unhandled.
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
    // The stream closes at the end of its data, even if more bytes follow.
    if (!hasCode(error, "ERR_STREAM_PREMATURE_CLOSE")) {
      throw error;
    }
  }
  if (stream.bytesWritten < given) {
    throw new UnreadableFileError(
      `more bytes follow the end of its ${what} data, which has ${stream.bytesWritten}`,
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

/** Waits for the first bytes and returns them with an iteration of all bytes. */
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

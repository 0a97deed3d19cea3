import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { z } from "zod";

export const Compression = z.enum(["gzip", "none"]);
export type Compression = z.infer<typeof Compression>;

/** How a compressed file is named and announced. */
export interface CompressionNames {
  /** Appended to the file name, with its dot: `.gz`; empty for an uncompressed file. */
  readonly suffix: ".gz" | "";
  /** Content encoding of the event and the blob; null when the file is not compressed. */
  readonly contentEncoding: "gzip" | null;
}

const NAMES: Readonly<Record<Compression, CompressionNames>> = {
  gzip: { suffix: ".gz", contentEncoding: "gzip" },
  none: { suffix: "", contentEncoding: null },
};

export function compressionNames(compression: Compression): CompressionNames {
  return NAMES[compression];
}

const CHUNK_BYTES = 65_536;
/** Level 6 is the gzip tool's default: about 1.3 times smaller and 1.7 times slower than level 1. */
const LEVEL = 6;

/**
 * Compresses a file as it is read. Reads input only as fast as output is taken. Each write costs a thread switch, so
 * the chunks should be large. Equal input gives equal bytes, since the header holds no time. An iteration that ends
 * early ends `chunks` too.
 */
export function compress(
  chunks: AsyncIterable<Buffer>,
  compression: Compression,
): AsyncIterable<Buffer> {
  return compression === "none"
    ? chunks
    : through(createGzip({ level: LEVEL, chunkSize: CHUNK_BYTES }), chunks);
}

/** Output of a stream into which chunks are written as fast as its output is read. */
export async function* through(
  stream: Transform,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const written = pipeline(chunks, stream);
  // A failure also destroys the stream, so the loop below throws it. Only this promise must not go unhandled.
  written.catch(() => undefined);
  yield* stream as AsyncIterable<Buffer>;
  await written;
}

import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Compression } from "./export-format.ts";

/** How a compressed file is named and announced. */
export interface CompressionNames {
  /** To be appended to the file name, with its dot: `.gz` or nothing. */
  readonly suffix: ".gz" | "";
  /** The event's and the blob's content encoding; null when there is none. */
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
 * Compresses a file on its way. Input is asked for only as fast as output is taken; each write costs a thread switch,
 * so the chunks should be large. Equal input gives equal bytes, since the header holds no time. An iteration that ends
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

/** What comes out of a stream into which chunks are written as fast as it is read. */
export async function* through(
  stream: Transform,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const written = pipeline(chunks, stream);
  // A failure also destroys the stream, so that the loop below throws it; this one only must not go unhandled.
  written.catch(() => undefined);
  yield* stream as AsyncIterable<Buffer>;
  await written;
}

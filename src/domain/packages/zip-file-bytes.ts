import { crc32, createInflateRaw } from "node:zlib";
import type { Entry } from "yauzl";
import { UNPACK_LIMITS, unpack } from "../../formats/decompression.ts";
import { fileProblem, packageProblem } from "./package-problem.ts";
import { rangeOf } from "./ranged-file.ts";
import type { ZipArchive } from "./zip-archive.ts";
import { endOfEntry, headerProblem } from "./zip-checks.ts";

/**
 * Unpacks one file of an archive as fast as it is taken; memory holds a few MiB of it. The file must match the list's
 * size and checksum.
 *
 * @throws AppError `file-unreadable`; any error from reading the archive
 */
export async function* zipFileBytes(archive: ZipArchive, entry: Entry): AsyncGenerator<Buffer> {
  const local = await archive.localHeader(entry);
  const end = endOfEntry(entry, archive.entries, archive.listStart);
  const problem = headerProblem(entry, local, end);
  if (problem !== null) {
    throw packageProblem(problem);
  }
  const name = JSON.stringify(entry.fileName);
  let bytes = 0;
  let checksum = 0;
  for await (const chunk of contentOf(archive, entry, local.fileDataStart)) {
    bytes += chunk.length;
    if (bytes > entry.uncompressedSize) {
      break;
    }
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (bytes !== entry.uncompressedSize) {
    const amount = bytes > entry.uncompressedSize ? "more" : `${bytes}`;
    throw packageProblem(`${name} should have ${entry.uncompressedSize} bytes, but has ${amount}`);
  }
  if (checksum !== entry.crc32) {
    throw packageProblem(`${name} is damaged: its checksum is wrong`);
  }
}

const DEFLATED = 8;
const CHUNK_BYTES = 65_536;

async function* contentOf(
  { file }: ZipArchive,
  entry: Entry,
  start: number,
): AsyncGenerator<Buffer> {
  const packed = rangeOf(file, start, start + entry.compressedSize);
  if (entry.compressionMethod !== DEFLATED) {
    for await (const chunk of packed) {
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
    return;
  }
  const stream = createInflateRaw({ chunkSize: CHUNK_BYTES });
  try {
    yield* unpack(packed, { stream, what: "deflate", limits: UNPACK_LIMITS });
  } catch (error) {
    throw fileProblem(entry.fileName, error);
  }
}

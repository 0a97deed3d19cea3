import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, type WriteStream } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";

/** A request body that was read completely: small ones in memory, large ones in a temporary file. */
export interface SpooledBody {
  readonly sizeBytes: number;
  open(): Readable;
  bytes(): Promise<Buffer>;
  /** Removes the file, if there is one. */
  dispose(): Promise<void>;
}

export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
}

/** Larger bodies do not stay in memory: the host shares the process with the app, whose memory should be its own. */
const MAX_MEMORY_BYTES = 1024 * 1024;

/**
 * Reads a body to its end.
 *
 * @throws BodyTooLargeError as soon as the body exceeds the limit, without reading the rest; errors of the source, such
 *   as a lost connection
 */
export async function spoolBody(source: Readable, maxBytes: number): Promise<SpooledBody> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let file: WriteStream | null = null;
  try {
    for await (const chunk of source.iterator({ destroyOnReturn: false })) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) {
        throw new BodyTooLargeError(`The request body is longer than ${maxBytes} bytes`);
      }
      if (file === null && sizeBytes <= MAX_MEMORY_BYTES) {
        chunks.push(chunk);
      } else {
        file ??= createWriteStream(join(tmpdir(), `functions-host-body-${randomUUID()}`));
        await write(file, [...chunks.splice(0), chunk]);
      }
    }
    if (file !== null) {
      await finished(file.end());
    }
  } catch (error) {
    await discard(file);
    throw error;
  }
  return file === null ? memoryBody(Buffer.concat(chunks)) : fileBody(String(file.path), sizeBytes);
}

function memoryBody(content: Buffer): SpooledBody {
  return {
    sizeBytes: content.length,
    open: () => Readable.from([content], { objectMode: false }),
    bytes: () => Promise.resolve(content),
    dispose: () => Promise.resolve(),
  };
}

function fileBody(path: string, sizeBytes: number): SpooledBody {
  return {
    sizeBytes,
    open: () => createReadStream(path),
    bytes: () => readFile(path),
    dispose: () => rm(path, { force: true }),
  };
}

async function write(file: WriteStream, chunks: readonly Buffer[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    file.write(Buffer.concat(chunks), (error) => (error ? reject(error) : resolve()));
  });
}

async function discard(file: WriteStream | null): Promise<void> {
  if (file !== null) {
    file.destroy();
    await rm(String(file.path), { force: true });
  }
}

import { Readable } from "node:stream";
import { ZipFile } from "yazl";

/** One file of an archive. */
export interface ZipEntry {
  /** Relative path with `/`, in Unicode. */
  readonly name: string;
  /** Opens the content; called once, when all entries before it were read to the end. */
  content(): AsyncIterable<Buffer>;
}

const REGULAR_FILE = 0o100_644;

/**
 * Writes a zip archive (deflate, sizes behind each entry, Zip64 where needed) as fast as it is taken: one entry is open
 * at a time, and only a few chunks of it are in memory. An iteration that ends early ends the open entry too.
 *
 * @param modifiedAt what all entries say about when they were made
 * @throws Error when a name is absolute or climbs; whatever an entry throws
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function* zip(entries: readonly ZipEntry[], modifiedAt: Date): AsyncGenerator<Buffer> {
  const archive = new ZipFile();
  const output = archive.outputStream as Readable;
  const fail = (error: Error): unknown => output.destroy(error);
  archive.on("error", fail);
  let open: Readable | null = null;
  for (const entry of entries) {
    const options = { mtime: modifiedAt, mode: REGULAR_FILE };
    archive.addReadStreamLazy(entry.name, options, (callback) => {
      open = Readable.from(entry.content()).on("error", fail);
      callback(null, open);
    });
  }
  archive.end();
  try {
    yield* output as AsyncIterable<Buffer>;
  } finally {
    (open as Readable | null)?.destroy();
  }
}

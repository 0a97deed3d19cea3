import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from "yauzl";
import { AppError } from "../errors.ts";
import { packageProblem } from "./package-problem.ts";
import { type RangedFile, readExactly } from "./ranged-file.ts";
import { entryProblem, overlapProblem, sameNameProblem } from "./zip-checks.ts";
import { namesOf } from "./zip-names.ts";

/** An archive whose list of entries was read and found harmless. None of its files was read yet. */
export interface ZipArchive {
  readonly file: RangedFile;
  readonly entries: readonly Entry[];
  /** Start of the list; all files must end before it. */
  readonly listStart: number;
  /** Reads the header directly before an entry's bytes. @throws AppError `file-unreadable` */
  localHeader(entry: Entry): ReturnType<ZipFile["readLocalFileHeaderPromise"]>;
}

const MAX_ENTRIES = 2_000;
/** Names, comments and extra fields of all entries. */
const MAX_LIST_BYTES = 4 * 2 ** 20;
const LISTED_ENTRY_BYTES = 46;
/** Signatures of the digital signature, the Zip64 end and the end. */
const AFTER_LIST: ReadonlySet<string> = new Set(["PK\x05\x05", "PK\x06\x06", "PK\x05\x06"]);

/**
 * Opens a zip archive: reads the list of its entries, at its end. Refuses the archive if an entry is not a plain file
 * or folder with bytes of its own.
 *
 * @throws AppError `file-unreadable`; any error from reading the file
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function openZip(file: RangedFile): Promise<ZipArchive> {
  const reader = new WindowReader(file);
  const options = { lazyEntries: true, autoClose: false };
  const zip = await reader.attempt(fromRandomAccessReaderPromise(reader, file.bytes, options));
  if (zip.entryCount > MAX_ENTRIES) {
    throw packageProblem(`it has ${zip.entryCount} entries, more than ${MAX_ENTRIES}`);
  }
  reader.firstRead = file.bytes;
  const entries = await reader.attempt(listed(zip));
  const listStart = reader.firstRead;
  const problem =
    (await listEndProblem(entries, reader)) ??
    sameNameProblem(entries) ??
    overlapProblem(entries, listStart);
  if (problem !== null) {
    throw packageProblem(problem);
  }
  return {
    file,
    entries,
    listStart,
    localHeader: (entry) => reader.attempt(zip.readLocalFileHeaderPromise(entry)),
  };
}

/** The list has to end where the following records begin. Otherwise another program sees other entries. */
async function listEndProblem(
  entries: readonly Entry[],
  reader: WindowReader,
): Promise<string | null> {
  if (entries.length === 0) {
    return null;
  }
  const after = await reader.attempt(reader.bytesAt(reader.lastReadEnd, 4));
  return AFTER_LIST.has(after.toString("latin1"))
    ? null
    : "its list is cut off or has more entries than it says";
}

async function listed(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  let bytes = 0;
  for await (const entry of zip.eachEntry()) {
    bytes += LISTED_ENTRY_BYTES + entry.fileNameLength;
    bytes += entry.extraFieldLength + entry.fileCommentLength;
    const problem =
      bytes > MAX_LIST_BYTES
        ? `its list is longer than ${MAX_LIST_BYTES} bytes`
        : entryProblem(entry);
    if (problem !== null) {
      throw packageProblem(problem);
    }
    // the likeliest name, also for error texts about the entry
    entry.fileName = namesOf(entry)[0] ?? entry.fileName;
    entries.push(entry);
  }
  return entries;
}

const WINDOW_BYTES = 262_144;

/** Serves the many small reads of a list from a few large ones. */
class WindowReader extends RandomAccessReader {
  /** The lowest position that was read since this was reset. */
  firstRead = 0;
  lastReadEnd = 0;
  readonly #file: RangedFile;
  #failure: unknown = null;
  #windowStart = 0;
  #window: Uint8Array = new Uint8Array();

  constructor(file: RangedFile) {
    super();
    this.#file = file;
  }

  // biome-ignore lint/complexity/useMaxParams: yauzl calls it so
  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.firstRead = Math.min(this.firstRead, position);
    this.lastReadEnd = position + length;
    this.bytesAt(position, length).then(
      (bytes) => {
        buffer.set(bytes, offset);
        callback(null);
      },
      (error: Error) => callback(error),
    );
  }

  async bytesAt(position: number, length: number): Promise<Buffer> {
    const end = position + length;
    if (end > this.#file.bytes) {
      throw packageProblem(`it should have ${end} bytes, but ends after ${this.#file.bytes}`);
    }
    if (position < this.#windowStart || end > this.#windowStart + this.#window.length) {
      await this.#moveWindow(position, length);
    }
    const start = position - this.#windowStart;
    return Buffer.from(this.#window.subarray(start, start + length));
  }

  /** Waits for yauzl. Its errors are the package's problem, except failures of the file's own reads. */
  async attempt<Result>(step: Promise<Result>): Promise<Result> {
    try {
      return await step;
    } catch (error) {
      if (error === this.#failure || error instanceof AppError) {
        throw error;
      }
      throw packageProblem((error as Error).message, error);
    }
  }

  async #moveWindow(position: number, length: number): Promise<void> {
    const end = Math.min(position + Math.max(length, WINDOW_BYTES), this.#file.bytes);
    try {
      this.#window = await readExactly(this.#file, position, end);
      this.#windowStart = position;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}

import type { Entry, LocalFileHeader } from "yauzl";
import { shortened } from "../../formats/shortened.ts";

const STORED = 0;
const DEFLATED = 8;
const METHODS: ReadonlySet<number> = new Set([STORED, DEFLATED]);
/** General purpose flags: encrypted, strongly encrypted, names encrypted. */
const ENCRYPTED = 0x0001 | 0x0040 | 0x2000;
/** Sizes and checksum follow the file instead of preceding it. */
const SIZES_BEHIND = 0x0008;
const UNIX = 3;
const FILE_TYPE = 0o170_000;
const FOLDER = 0o040_000;
const REGULAR_FILE = 0o100_000;
const LOCAL_HEADER_BYTES = 30;
const IN_EXTRA_FIELD = 0xff_ff_ff_ff;

/** Why a package must not have such an entry; null when it may. */
export function entryProblem(entry: Entry): string | null {
  const name = JSON.stringify(shortened(entry.fileName, 200));
  if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0) {
    return `entry ${name} is encrypted`;
  }
  if (!METHODS.has(entry.compressionMethod)) {
    return `entry ${name} is compressed by method ${entry.compressionMethod}, which is not known`;
  }
  const type = entry.versionMadeBy >> 8 === UNIX ? unixType(entry) : 0;
  if (type !== 0 && type !== REGULAR_FILE && type !== FOLDER) {
    return `entry ${name} is not a plain file, but a link or device`;
  }
  return null;
}

function unixType({ externalFileAttributes }: Entry): number {
  return (externalFileAttributes >>> 16) & FILE_TYPE;
}

/** Names for look-up: case, and the composition of letters with marks, do not matter. */
export function nameKey(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

export function sameNameProblem(entries: readonly Entry[]): string | null {
  const seen = new Set<string>();
  for (const { fileName } of entries) {
    const key = nameKey(fileName);
    if (seen.has(key)) {
      return `two entries have the name ${JSON.stringify(shortened(fileName, 200))}`;
    }
    seen.add(key);
  }
  return null;
}

/** Entries that share bytes unpack to more than a file of that size can hold. */
export function overlapProblem(entries: readonly Entry[], listStart: number): string | null {
  let end = 0;
  for (const entry of [...entries].sort(byOffset)) {
    if (entry.relativeOffsetOfLocalHeader < end) {
      return overlap(entry);
    }
    end =
      entry.relativeOffsetOfLocalHeader +
      LOCAL_HEADER_BYTES +
      entry.fileNameLength +
      entry.compressedSize;
    if (end > listStart) {
      return overlap(entry);
    }
  }
  return null;
}

/** Latest end of the bytes of an entry. */
export function endOfEntry(entry: Entry, entries: readonly Entry[], listStart: number): number {
  const offsets = entries
    .map(({ relativeOffsetOfLocalHeader }) => relativeOffsetOfLocalHeader)
    .filter((offset) => offset > entry.relativeOffsetOfLocalHeader);
  return Math.min(listStart, ...offsets);
}

/**
 * A difference between the list and the header directly before the file. Some programs trust one, some the other.
 *
 * @param end latest end of the bytes
 */
export function headerProblem(entry: Entry, local: LocalFileHeader, end: number): string | null {
  if (local.fileDataStart + entry.compressedSize > end) {
    return overlap(entry);
  }
  const name = JSON.stringify(shortened(entry.fileName, 200));
  const isSame =
    entry.fileNameRaw.equals(local.fileName) &&
    entry.compressionMethod === local.compressionMethod &&
    (local.generalPurposeBitFlag & ENCRYPTED) === 0 &&
    saysTheSame(local.uncompressedSize, entry.uncompressedSize, local) &&
    saysTheSame(local.compressedSize, entry.compressedSize, local) &&
    saysTheSame(local.crc32, entry.crc32, local);
  return isSame ? null : `entry ${name} is not what the archive's list says`;
}

function saysTheSame(local: number, listed: number, header: LocalFileHeader): boolean {
  const isElsewhere = (header.generalPurposeBitFlag & SIZES_BEHIND) !== 0 && local === 0;
  return local === listed || isElsewhere || local === IN_EXTRA_FIELD;
}

function byOffset(a: Entry, b: Entry): number {
  return a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader;
}

function overlap({ fileName }: Entry): string {
  return `entry ${JSON.stringify(shortened(fileName, 200))} shares bytes with another part`;
}

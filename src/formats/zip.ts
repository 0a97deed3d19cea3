import { constants, crc32, createDeflateRaw } from "node:zlib";
import { through } from "./compression.ts";

/** How far an archive is written, so that another process can continue it. */
export interface ZipProgress {
  readonly bytes: number;
  /** The last one may be open. */
  readonly entries: readonly ZipEntry[];
  readonly isOpen: boolean;
  /** Modification time of all entries, in seconds since 1970. */
  readonly modified: number;
}

interface ZipEntry {
  readonly name: string;
  /** Offset of the entry. */
  readonly at: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
}

/** Writes one archive, file by file. The archive consists of the bytes that these methods return, in order. */
export interface ZipWriter {
  /**
   * @param name relative path with `/`, in Unicode
   * @throws Error when the name is absolute or leads out of the archive
   */
  begin(name: string): Buffer;
  /** Packs a part of the open file. Parts are packed one after the other, perhaps by different processes. */
  pack(content: AsyncIterable<Buffer>): AsyncIterable<Buffer>;
  /** Ends the open file. */
  endFile(): Buffer;
  /** Ends the archive. */
  end(): Buffer;
  /** Call it only between two parts. */
  progress(): ZipProgress;
}

/**
 * A zip archive: deflate, sizes after each file, Zip64 where needed. Each part of a file ends with a flush, so that the
 * next part does not depend on it. An empty last block ends the file. Equal parts give equal bytes.
 *
 * Own code, because no library continues an archive that another process has begun.
 *
 * @param from progress of another process; null: the archive is new
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function zipWriter(modifiedAt: Date, from: ZipProgress | null): ZipWriter {
  const modified = from?.modified ?? Math.floor(modifiedAt.getTime() / 1_000);
  const entries: { -readonly [Fact in keyof ZipEntry]: ZipEntry[Fact] }[] = (
    from?.entries ?? []
  ).map((entry) => ({ ...entry }));
  let bytes = from?.bytes ?? 0;
  let isOpen = from?.isOpen ?? false;
  const counted = (written: Buffer): Buffer => {
    bytes += written.length;
    return written;
  };
  const open = () => {
    const entry = entries.at(-1);
    if (entry === undefined || !isOpen) {
      throw new Error("Cannot write into the archive: no file is open");
    }
    return entry;
  };

  return {
    begin: (name) => {
      requirePlain(name);
      entries.push({ name, at: bytes, crc: 0, packed: 0, size: 0 });
      isOpen = true;
      return counted(localHeader(name, modified));
    },
    pack: async function* pack(content) {
      const entry = open();
      async function* measured(): AsyncGenerator<Buffer> {
        for await (const chunk of content) {
          entry.crc = crc32(chunk, entry.crc);
          entry.size += chunk.length;
          yield chunk;
        }
      }
      const deflate = createDeflateRaw({ ...CHUNKS, finishFlush: constants.Z_SYNC_FLUSH });
      for await (const packed of through(deflate, measured())) {
        entry.packed += packed.length;
        yield counted(packed);
      }
    },
    endFile: () => {
      const entry = open();
      entry.packed += LAST_BLOCK.length;
      isOpen = false;
      return counted(Buffer.concat([LAST_BLOCK, descriptor(entry)]));
    },
    end: () => {
      const list = Buffer.concat(entries.map((entry) => listed(entry, modified)));
      const facts = { count: entries.length, size: list.length, at: bytes };
      return counted(Buffer.concat([list, endOfList(facts)]));
    },
    progress: () => ({ bytes, entries: entries.map((entry) => ({ ...entry })), isOpen, modified }),
  };
}

const CHUNKS = { level: 6, chunkSize: 65_536 } as const;
/** An empty block with fixed codes, marked as the last. */
const LAST_BLOCK = Buffer.from([0x03, 0x00]);
const MAX_16 = 0xffff;
const MAX_32 = 0xffff_ffff;

const VERSION = 20;
const VERSION_OF_ZIP64 = 45;
/** Unix, and the version of the standard. */
const MADE_BY = (3 << 8) | 63;
/** Sizes follow the file; the name is UTF-8. */
const FLAGS = 0x0808;
const DEFLATED = 8;
const REGULAR_FILE = 0o100_644 * 0x1_0000;

function requirePlain(name: string): void {
  if (/^[/\\]|^[A-Za-z]:|\\/.test(name) || name.split("/").includes("..")) {
    throw new Error(`Cannot name a file "${name}" in an archive: it must lie beneath it`);
  }
}

function localHeader(name: string, modified: number): Buffer {
  const text = Buffer.from(name, "utf8");
  const extra = timestamp(modified);
  return Buffer.concat([
    uint32(0x04034b50),
    uint16(VERSION, FLAGS, DEFLATED, ...dosTime(modified)),
    uint32(0, 0, 0),
    uint16(text.length, extra.length),
    text,
    extra,
  ]);
}

function descriptor({ crc, packed, size }: ZipEntry): Buffer {
  const sizes = packed >= MAX_32 || size >= MAX_32 ? uint64(packed, size) : uint32(packed, size);
  return Buffer.concat([uint32(0x08074b50, crc), sizes]);
}

function listed({ name, at, crc, packed, size }: ZipEntry, modified: number): Buffer {
  const text = Buffer.from(name, "utf8");
  const isLarge = packed >= MAX_32 || size >= MAX_32 || at >= MAX_32;
  const large = isLarge ? Buffer.concat([uint16(0x0001, 24), uint64(size, packed, at)]) : EMPTY;
  const extra = Buffer.concat([large, timestamp(modified)]);
  return Buffer.concat([
    uint32(0x02014b50),
    uint16(MADE_BY, isLarge ? VERSION_OF_ZIP64 : VERSION, FLAGS, DEFLATED, ...dosTime(modified)),
    uint32(crc, ...(isLarge ? [MAX_32, MAX_32] : [packed, size])),
    uint16(text.length, extra.length, 0, 0, 0),
    uint32(REGULAR_FILE, isLarge ? MAX_32 : at),
    text,
    extra,
  ]);
}

function endOfList({ count, size, at }: { count: number; size: number; at: number }): Buffer {
  const isLarge = count >= MAX_16 || size >= MAX_32 || at >= MAX_32;
  const large = isLarge
    ? [
        ...[uint32(0x06064b50), uint64(44), uint16(MADE_BY, VERSION_OF_ZIP64), uint32(0, 0)],
        ...[uint64(count, count, size, at)],
        ...[uint32(0x07064b50, 0), uint64(at + size), uint32(1)],
      ]
    : [];
  return Buffer.concat([
    ...large,
    uint32(0x06054b50),
    uint16(0, 0, ...(isLarge ? [MAX_16, MAX_16] : [count, count])),
    uint32(...(isLarge ? [MAX_32, MAX_32] : [size, at])),
    uint16(0),
  ]);
}

/** The time in seconds since 1970. The MS-DOS time does not say its zone. */
function timestamp(modified: number): Buffer {
  return Buffer.concat([uint16(0x5455, 5), Buffer.from([1]), uint32(modified)]);
}

/** Time and date in the MS-DOS form, in steps of two seconds. */
function dosTime(modified: number): readonly [time: number, date: number] {
  const at = new Date(modified * 1_000);
  const year = Math.min(Math.max(at.getUTCFullYear(), 1980), 2107) - 1980;
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return [time, (year << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate()];
}

const EMPTY = Buffer.alloc(0);

function uint16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) {
    bytes.writeUInt16LE(value, 2 * index);
  }
  return bytes;
}

function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) {
    bytes.writeUInt32LE(value, 4 * index);
  }
  return bytes;
}

function uint64(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [index, value] of values.entries()) {
    bytes.writeBigUInt64LE(BigInt(value), 8 * index);
  }
  return bytes;
}

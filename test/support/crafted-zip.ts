import { crc32, deflateRawSync } from "node:zlib";

/** The header of one entry, as it stands before the file and in the list. */
export interface ZipHeader {
  readonly name: string | Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly extra: Buffer;
}

/** An entry of an archive, with its faults. */
export interface CraftedEntry {
  readonly name: string | Buffer;
  readonly content: string | Buffer;
  /** 8 by default: deflated. */
  readonly method?: number;
  /** Packed content, instead of what the method makes of it. */
  readonly packed?: Buffer;
  /** Members in which the header before the file differs. */
  readonly local?: Partial<ZipHeader>;
  /** Members in which the list differs. */
  readonly listed?: Partial<ZipHeader> & {
    readonly offset?: number;
    readonly versionMadeBy?: number;
    readonly attributes?: number;
  };
}

export interface ZipEnd {
  readonly count: number;
  readonly listBytes: number;
  readonly listStart: number;
  readonly comment: Buffer;
  readonly disk: number;
}

const UTF8_NAMES = 0x0800;

/** Writes a zip archive byte by byte, so that anything can be wrong about it. */
export function craftZip(entries: readonly CraftedEntry[], end: Partial<ZipEnd> = {}): Buffer {
  const files: Buffer[] = [];
  const list: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { header, packed } = headerOf(entry);
    const file = Buffer.concat([localHeader({ ...header, ...entry.local }), packed]);
    list.push(listedHeader({ ...header, ...entry.listed }, { offset, ...entry.listed }));
    files.push(file);
    offset += file.length;
  }
  const listed = Buffer.concat(list);
  return Buffer.concat([
    ...files,
    listed,
    endRecord({
      count: entries.length,
      listBytes: listed.length,
      listStart: offset,
      comment: Buffer.alloc(0),
      disk: 0,
      ...end,
    }),
  ]);
}

/** A correct header of an entry. */
export function headerOf({ name, content, method = 8, packed }: CraftedEntry): {
  header: ZipHeader;
  packed: Buffer;
} {
  const bytes = Buffer.from(content);
  const made = packed ?? (method === 8 ? deflateRawSync(bytes) : bytes);
  const header = {
    name,
    flags: UTF8_NAMES,
    method,
    crc32: crc32(bytes),
    packedBytes: made.length,
    bytes: bytes.length,
    extra: Buffer.alloc(0),
  };
  return { header, packed: made };
}

export function localHeader(header: ZipHeader): Buffer {
  const name = Buffer.from(header.name);
  const bytes = Buffer.alloc(30);
  bytes.writeUInt32LE(0x04_03_4b_50, 0);
  bytes.writeUInt16LE(20, 4);
  writeSharedFields(bytes, 6, header);
  return Buffer.concat([bytes, name, header.extra]);
}

export function listedHeader(
  header: ZipHeader,
  place: { readonly offset: number; readonly versionMadeBy?: number; readonly attributes?: number },
): Buffer {
  const bytes = Buffer.alloc(46);
  bytes.writeUInt32LE(0x02_01_4b_50, 0);
  bytes.writeUInt16LE(place.versionMadeBy ?? 20, 4);
  bytes.writeUInt16LE(20, 6);
  writeSharedFields(bytes, 8, header);
  bytes.writeUInt32LE(place.attributes ?? 0, 38);
  bytes.writeUInt32LE(place.offset, 42);
  return Buffer.concat([bytes, Buffer.from(header.name), header.extra]);
}

function writeSharedFields(bytes: Buffer, at: number, header: ZipHeader): void {
  bytes.writeUInt16LE(header.flags, at);
  bytes.writeUInt16LE(header.method, at + 2);
  bytes.writeUInt32LE(header.crc32, at + 8);
  bytes.writeUInt32LE(header.packedBytes, at + 12);
  bytes.writeUInt32LE(header.bytes, at + 16);
  bytes.writeUInt16LE(Buffer.from(header.name).length, at + 20);
  bytes.writeUInt16LE(header.extra.length, at + 22);
}

export function endRecord({ count, listBytes, listStart, comment, disk }: ZipEnd): Buffer {
  const bytes = Buffer.alloc(22);
  bytes.writeUInt32LE(0x06_05_4b_50, 0);
  bytes.writeUInt16LE(disk, 4);
  bytes.writeUInt16LE(disk, 6);
  bytes.writeUInt16LE(Math.min(count, 0xff_ff), 8);
  bytes.writeUInt16LE(Math.min(count, 0xff_ff), 10);
  bytes.writeUInt32LE(listBytes, 12);
  bytes.writeUInt32LE(listStart, 16);
  bytes.writeUInt16LE(comment.length, 20);
  return Buffer.concat([bytes, comment]);
}

/** The records of a Zip64 archive that stand before its ordinary end. @param at where they start in the file */
export function zip64End(
  { count, listBytes, listStart }: Pick<ZipEnd, "count" | "listBytes" | "listStart">,
  at: number,
): Buffer {
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06_06_4b_50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(listBytes), 40);
  record.writeBigUInt64LE(BigInt(listStart), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07_06_4b_50, 0);
  locator.writeBigUInt64LE(BigInt(at), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator]);
}

/** The extra field in which a Zip64 entry has what does not fit into 32 bits. */
export function zip64Extra(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 8 * values.length);
  bytes.writeUInt16LE(1, 0);
  bytes.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) {
    bytes.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  }
  return bytes;
}

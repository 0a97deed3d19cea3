import { BrokerError } from "../broker/errors.ts";
import type { AmqpValue } from "../broker/types.ts";

/** A place in a buffer; reading moves it. */
export interface Cursor {
  readonly buffer: Buffer;
  offset: number;
}

/** Real messages never nest this deep. A hostile one must not exhaust the stack. */
const MAX_DEPTH = 32;

/** Elements of some arrays take no bytes, so their number needs its own bound. */
const MAX_EMPTY_ELEMENTS = 65_535;

/**
 * Reads one value with its AMQP type.
 *
 * @throws BrokerError `malformed-message`
 * @see http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-types-v1.0-os.html
 */
export function readValue(cursor: Cursor, depth = 0): AmqpValue {
  if (depth > MAX_DEPTH) {
    throw malformed(`nested deeper than ${MAX_DEPTH}`);
  }
  const code = takeUint(cursor, 1);
  if (code === 0x00) {
    const descriptor = readValue(cursor, depth + 1);
    return { type: "described", descriptor, value: readValue(cursor, depth + 1) };
  }
  return readBody(cursor, code, depth);
}

/** Skips one value without decoding its content. */
export function skipValue(cursor: Cursor): void {
  let code = takeUint(cursor, 1);
  while (code === 0x00) {
    readValue(cursor, 1);
    code = takeUint(cursor, 1);
  }
  const category = code >> 4;
  const fixedBytes = FIXED_BYTES[category];
  if (fixedBytes !== undefined) {
    take(cursor, fixedBytes);
  } else if (category >= 0xa) {
    take(cursor, takeUint(cursor, category % 2 === 0 ? 1 : 4));
  } else {
    throw malformed(`unknown format code 0x${code.toString(16)}`);
  }
}

/** Bytes that follow a format code, by its upper four bits; the other codes carry their size. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 4: 0, 5: 1, 6: 2, 7: 4, 8: 8, 9: 16 };

type BodyReader = (cursor: Cursor, depth: number) => AmqpValue;

const BODY_READERS: Readonly<Record<number, BodyReader>> = {
  64: () => ({ type: "null", value: null }),
  65: () => ({ type: "boolean", value: true }),
  66: () => ({ type: "boolean", value: false }),
  86: (cursor) => ({ type: "boolean", value: takeUint(cursor, 1) !== 0 }),
  80: (cursor) => ({ type: "ubyte", value: takeUint(cursor, 1) }),
  96: (cursor) => ({ type: "ushort", value: takeUint(cursor, 2) }),
  67: () => ({ type: "uint", value: 0 }),
  82: (cursor) => ({ type: "uint", value: takeUint(cursor, 1) }),
  112: (cursor) => ({ type: "uint", value: takeUint(cursor, 4) }),
  68: () => ({ type: "ulong", value: 0n }),
  83: (cursor) => ({ type: "ulong", value: BigInt(takeUint(cursor, 1)) }),
  128: (cursor) => ({ type: "ulong", value: take(cursor, 8).readBigUInt64BE() }),
  81: (cursor) => ({ type: "byte", value: take(cursor, 1).readInt8() }),
  97: (cursor) => ({ type: "short", value: take(cursor, 2).readInt16BE() }),
  84: (cursor) => ({ type: "int", value: take(cursor, 1).readInt8() }),
  113: (cursor) => ({ type: "int", value: take(cursor, 4).readInt32BE() }),
  85: (cursor) => ({ type: "long", value: BigInt(take(cursor, 1).readInt8()) }),
  129: (cursor) => ({ type: "long", value: take(cursor, 8).readBigInt64BE() }),
  114: (cursor) => ({ type: "float", value: take(cursor, 4).readFloatBE() }),
  130: (cursor) => ({ type: "double", value: take(cursor, 8).readDoubleBE() }),
  116: (cursor) => ({ type: "decimal32", value: take(cursor, 4) }),
  132: (cursor) => ({ type: "decimal64", value: take(cursor, 8) }),
  148: (cursor) => ({ type: "decimal128", value: take(cursor, 16) }),
  115: (cursor) => ({ type: "char", value: codePoint(takeUint(cursor, 4)) }),
  131: (cursor) => ({ type: "timestamp", value: Number(take(cursor, 8).readBigInt64BE()) }),
  152: (cursor) => ({ type: "uuid", value: uuidText(take(cursor, 16)) }),
  160: (cursor) => ({ type: "binary", value: take(cursor, takeUint(cursor, 1)) }),
  176: (cursor) => ({ type: "binary", value: take(cursor, takeUint(cursor, 4)) }),
  161: (cursor) => ({ type: "string", value: take(cursor, takeUint(cursor, 1)).toString("utf8") }),
  177: (cursor) => ({ type: "string", value: take(cursor, takeUint(cursor, 4)).toString("utf8") }),
  163: (cursor) => ({
    type: "symbol",
    value: take(cursor, takeUint(cursor, 1)).toString("latin1"),
  }),
  179: (cursor) => ({
    type: "symbol",
    value: take(cursor, takeUint(cursor, 4)).toString("latin1"),
  }),
  69: () => ({ type: "list", value: [] }),
  192: (cursor, depth) => ({ type: "list", value: readItems(cursor, 1, depth) }),
  208: (cursor, depth) => ({ type: "list", value: readItems(cursor, 4, depth) }),
  193: (cursor, depth) => ({ type: "map", value: pairs(readItems(cursor, 1, depth)) }),
  209: (cursor, depth) => ({ type: "map", value: pairs(readItems(cursor, 4, depth)) }),
  224: (cursor, depth) => ({ type: "array", value: readArray(cursor, 1, depth) }),
  240: (cursor, depth) => ({ type: "array", value: readArray(cursor, 4, depth) }),
};

function readBody(cursor: Cursor, code: number, depth: number): AmqpValue {
  const read = BODY_READERS[code];
  if (read === undefined) {
    throw malformed(`unknown format code 0x${code.toString(16)}`);
  }
  return read(cursor, depth);
}

function readItems(cursor: Cursor, width: 1 | 4, depth: number): AmqpValue[] {
  const inner = openCompound(cursor, width);
  const count = takeUint(inner, width);
  if (count > inner.buffer.length) {
    throw malformed(`a list or map of ${count} items in ${inner.buffer.length} bytes`);
  }
  return Array.from({ length: count }, () => readValue(inner, depth + 1));
}

function readArray(cursor: Cursor, width: 1 | 4, depth: number): AmqpValue[] {
  const inner = openCompound(cursor, width);
  const count = takeUint(inner, width);
  let code = takeUint(inner, 1);
  let descriptor: AmqpValue | null = null;
  if (code === 0x00) {
    descriptor = readValue(inner, depth + 1);
    code = takeUint(inner, 1);
  }
  if (count > Math.max(inner.buffer.length, MAX_EMPTY_ELEMENTS)) {
    throw malformed(`an array of ${count} elements in ${inner.buffer.length} bytes`);
  }
  return Array.from({ length: count }, () => {
    const value = readBody(inner, code, depth + 1);
    return descriptor === null ? value : { type: "described", descriptor, value };
  });
}

function openCompound(cursor: Cursor, width: 1 | 4): Cursor {
  return { buffer: take(cursor, takeUint(cursor, width)), offset: 0 };
}

function pairs(items: readonly AmqpValue[]): [AmqpValue, AmqpValue][] {
  if (items.length % 2 !== 0) {
    throw malformed("a map with a key that has no value");
  }
  const entries: [AmqpValue, AmqpValue][] = [];
  for (let index = 0; index < items.length; index += 2) {
    entries.push([items[index] as AmqpValue, items[index + 1] as AmqpValue]);
  }
  return entries;
}

function take(cursor: Cursor, bytes: number): Buffer {
  const end = cursor.offset + bytes;
  if (end > cursor.buffer.length) {
    throw malformed(`${bytes} bytes expected at ${cursor.offset} of ${cursor.buffer.length}`);
  }
  const slice = cursor.buffer.subarray(cursor.offset, end);
  cursor.offset = end;
  return slice;
}

function takeUint(cursor: Cursor, bytes: 1 | 2 | 4): number {
  return take(cursor, bytes).readUIntBE(0, bytes);
}

function codePoint(code: number): string {
  if (code > 0x10_ff_ff) {
    throw malformed(`character ${code} is not Unicode`);
  }
  return String.fromCodePoint(code);
}

/** Writes 16 bytes in network order as a GUID, in lower case. */
export function uuidText(bytes: Buffer): string {
  const hex = bytes.toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}

function malformed(what: string): BrokerError {
  return new BrokerError("malformed-message", `Cannot read an AMQP value: ${what}`);
}

import type { AmqpValue } from "../broker/types.ts";

/**
 * Writes one value in the form that its AMQP type asks for. Elements of an array take the type of the first.
 *
 * @see http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-types-v1.0-os.html
 */
export function encodeValue(value: AmqpValue): Buffer {
  const chunks: Buffer[] = [];
  write(value, chunks);
  return Buffer.concat(chunks);
}

/** Writes a section or another described list under its numeric descriptor. */
export function encodeDescribed(descriptor: number, value: AmqpValue): Buffer {
  const chunks = [Buffer.from([0x00, 0x53, descriptor])];
  write(value, chunks);
  return Buffer.concat(chunks);
}

function write(value: AmqpValue, chunks: Buffer[]): void {
  const short = shortForm(value);
  if (short === null) {
    writeConstructor(value, chunks);
    writeBody(value, chunks);
  } else {
    chunks.push(...short);
  }
}

/** The compact encodings that save much: small strings and symbols, null, booleans. */
function shortForm(value: AmqpValue): Buffer[] | null {
  switch (value.type) {
    case "null":
      return [Buffer.from([0x40])];
    case "boolean":
      return [Buffer.from([value.value ? 0x41 : 0x42])];
    case "string":
    case "symbol": {
      const text = Buffer.from(value.value, value.type === "string" ? "utf8" : "latin1");
      const code = value.type === "string" ? 0xa1 : 0xa3;
      return text.length > 255 ? null : [Buffer.from([code, text.length]), text];
    }
    case "list":
      return value.value.length === 0 ? [Buffer.from([0x45])] : null;
    default:
      return null;
  }
}

const WIDE_CODES: Readonly<Record<Exclude<AmqpValue["type"], "described">, number>> = {
  null: 0x40,
  boolean: 0x56,
  ubyte: 0x50,
  ushort: 0x60,
  uint: 0x70,
  ulong: 0x80,
  byte: 0x51,
  short: 0x61,
  int: 0x71,
  long: 0x81,
  float: 0x72,
  double: 0x82,
  decimal32: 0x74,
  decimal64: 0x84,
  decimal128: 0x94,
  char: 0x73,
  timestamp: 0x83,
  uuid: 0x98,
  binary: 0xb0,
  string: 0xb1,
  symbol: 0xb3,
  list: 0xd0,
  map: 0xd1,
  array: 0xf0,
};

function writeConstructor(value: AmqpValue, chunks: Buffer[]): void {
  if (value.type === "described") {
    chunks.push(Buffer.from([0x00]));
    write(value.descriptor, chunks);
    writeConstructor(value.value, chunks);
  } else {
    chunks.push(Buffer.from([WIDE_CODES[value.type]]));
  }
}

function writeBody(value: AmqpValue, chunks: Buffer[]): void {
  switch (value.type) {
    case "null":
      return;
    case "described":
      writeBody(value.value, chunks);
      return;
    case "list":
      writeCompound(value.value, chunks);
      return;
    case "map":
      writeCompound(value.value.flat(), chunks);
      return;
    case "array":
      writeArray(value.value, chunks);
      return;
    case "binary":
      chunks.push(uint32(value.value.length), value.value);
      return;
    case "string":
    case "symbol": {
      const text = Buffer.from(value.value, value.type === "string" ? "utf8" : "latin1");
      chunks.push(uint32(text.length), text);
      return;
    }
    default:
      chunks.push(scalarBytes(value));
  }
}

type Scalar = Exclude<
  AmqpValue,
  { type: "null" | "described" | "list" | "map" | "array" | "binary" | "string" | "symbol" }
>;

type Numeric = Extract<AmqpValue, { type: keyof typeof NUMBER_BYTES }>;

function scalarBytes(value: Scalar): Buffer {
  switch (value.type) {
    case "boolean":
      return Buffer.from([value.value ? 1 : 0]);
    case "uuid":
      return Buffer.from(value.value.replaceAll("-", ""), "hex");
    case "char":
      return uint32(value.value.codePointAt(0) ?? 0);
    case "decimal32":
    case "decimal64":
    case "decimal128":
      return value.value;
    default:
      return numberBytes(value);
  }
}

function numberBytes(value: Numeric): Buffer {
  const bytes = Buffer.alloc(NUMBER_BYTES[value.type]);
  switch (value.type) {
    case "ulong":
      bytes.writeBigUInt64BE(value.value);
      break;
    case "long":
      bytes.writeBigInt64BE(value.value);
      break;
    case "timestamp":
      bytes.writeBigInt64BE(BigInt(Math.min(Math.trunc(value.value), MAX_TIMESTAMP)));
      break;
    case "float":
      bytes.writeFloatBE(value.value);
      break;
    case "double":
      bytes.writeDoubleBE(value.value);
      break;
    case "ubyte":
    case "ushort":
    case "uint":
      bytes.writeUIntBE(value.value, 0, bytes.length);
      break;
    default:
      bytes.writeIntBE(value.value, 0, bytes.length);
  }
  return bytes;
}

/** The largest number that is a 64-bit integer, too. A sender's value may exceed the precision of numbers. */
const MAX_TIMESTAMP = 2 ** 63 - 1024;

const NUMBER_BYTES = {
  ubyte: 1,
  byte: 1,
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
  ulong: 8,
  long: 8,
  double: 8,
  timestamp: 8,
} as const;

function writeCompound(items: readonly AmqpValue[], chunks: Buffer[]): void {
  const inner: Buffer[] = [uint32(items.length)];
  for (const item of items) {
    write(item, inner);
  }
  pushSized(inner, chunks);
}

function writeArray(items: readonly AmqpValue[], chunks: Buffer[]): void {
  const inner: Buffer[] = [uint32(items.length)];
  writeConstructor(items[0] ?? { type: "null", value: null }, inner);
  for (const item of items) {
    writeBody(item, inner);
  }
  pushSized(inner, chunks);
}

function pushSized(inner: readonly Buffer[], chunks: Buffer[]): void {
  const body = Buffer.concat(inner);
  chunks.push(uint32(body.length), body);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

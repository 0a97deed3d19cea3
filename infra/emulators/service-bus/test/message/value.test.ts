import fc from "fast-check";
import { expect, test } from "vitest";
import { BrokerError } from "../../src/broker/errors.ts";
import type { AmqpValue } from "../../src/broker/types.ts";
import { readValue, skipValue } from "../../src/message/value-reader.ts";
import { encodeValue } from "../../src/message/value-writer.ts";

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

function sized(length: number) {
  return fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
}

function typed<Type extends AmqpValue["type"]>(type: Type, values: fc.Arbitrary<unknown>) {
  return values.map((value) => ({ type, value }) as AmqpValue);
}

const scalar: fc.Arbitrary<AmqpValue> = fc.oneof(
  typed("null", fc.constant(null)),
  typed("boolean", fc.boolean()),
  typed("ubyte", fc.integer({ min: 0, max: 255 })),
  typed("ushort", fc.integer({ min: 0, max: 65_535 })),
  typed("uint", fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  typed("ulong", fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  typed("byte", fc.integer({ min: -128, max: 127 })),
  typed("short", fc.integer({ min: -32_768, max: 32_767 })),
  typed("int", fc.integer()),
  typed("long", fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  typed("float", fc.float()),
  typed("double", fc.double()),
  typed("decimal32", sized(4)),
  typed("decimal64", sized(8)),
  typed("decimal128", sized(16)),
  typed("char", fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 1 })),
  typed("timestamp", fc.integer({ min: -8e12, max: 8e12 })),
  typed("uuid", fc.uuid()),
  typed("binary", bytes),
  typed("string", fc.string({ unit: "grapheme", maxLength: 300 })),
  typed("symbol", fc.string({ unit: "grapheme-ascii", maxLength: 300 })),
);

const value = fc.letrec<{ value: AmqpValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    typed("list", fc.array(tie("value"), { maxLength: 4 })),
    typed("map", fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 4 })),
    typed("array", fc.array(fc.integer().map((int) => ({ type: "int", value: int })))),
    fc.record({
      type: fc.constant("described" as const),
      descriptor: typed("symbol", fc.string({ unit: "grapheme-ascii" })),
      value: tie("value"),
    }),
  ),
})).value;

test("readValue reads back every value that encodeValue writes, with its type", () => {
  fc.assert(
    fc.property(value, (written) => {
      const buffer = encodeValue(written);
      const cursor = { buffer, offset: 0 };
      expect(readValue(cursor)).toEqual(written);
      expect(cursor.offset).toBe(buffer.length);
    }),
  );
});

test("skipValue ends where readValue ends", () => {
  fc.assert(
    fc.property(value, (written) => {
      const cursor = { buffer: encodeValue(written), offset: 0 };
      skipValue(cursor);
      expect(cursor.offset).toBe(cursor.buffer.length);
    }),
  );
});

test("readValue refuses what is cut short", () => {
  fc.assert(
    fc.property(value, fc.nat(), (written, cut) => {
      const whole = encodeValue(written);
      const buffer = whole.subarray(0, cut % whole.length);
      expect(() => readValue({ buffer, offset: 0 })).toThrow(BrokerError);
    }),
  );
});

test("readValue fails in no other way on any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (array) => {
      try {
        readValue({ buffer: Buffer.from(array), offset: 0 });
      } catch (error) {
        expect(error).toBeInstanceOf(BrokerError);
      }
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["a list that claims more items than it has bytes", "d0 00000004 ffffffff"],
  ["an array of four billion empty elements", "f0 00000005 ffffffff 41"],
  ["a map with an odd number of items", "c1 02 01 40"],
  ["an unknown format code", "3f"],
  ["a character beyond Unicode", "73 00110000"],
])("readValue refuses %s", (_what, hex) => {
  const buffer = Buffer.from(hex.replaceAll(" ", ""), "hex");

  expect(() => readValue({ buffer, offset: 0 })).toThrow(
    expect.objectContaining({ code: "malformed-message" }),
  );
});

test("readValue refuses nesting that would exhaust the stack", () => {
  const deep = Array.from({ length: 100 }).reduce<AmqpValue>(
    (inner) => ({ type: "list", value: [inner] }),
    { type: "null", value: null },
  );

  expect(() => readValue({ buffer: encodeValue(deep), offset: 0 })).toThrow("nested deeper");
});

test.each([readValue, skipValue])("%o refuses endless descriptors of descriptors", (read) => {
  expect(() => read({ buffer: Buffer.alloc(100_000), offset: 0 })).toThrow("nested deeper");
});

test.each<[string, AmqpValue]>([
  ["56 01", { type: "boolean", value: true }],
  ["43", { type: "uint", value: 0 }],
  ["52 ff", { type: "uint", value: 255 }],
  ["44", { type: "ulong", value: 0n }],
  ["53 70", { type: "ulong", value: 112n }],
  ["54 ff", { type: "int", value: -1 }],
  ["55 80", { type: "long", value: -128n }],
  ["a0 02 0102", { type: "binary", value: Buffer.from([1, 2]) }],
  ["c0 03 01 a1 00", { type: "list", value: [{ type: "string", value: "" }] }],
  [
    "e0 04 02 54 01 02",
    { type: "array", value: [1, 2].map((int) => ({ type: "int", value: int })) },
  ],
])("readValue knows the compact form %s", (hex, expected) => {
  const buffer = Buffer.from(hex.replaceAll(" ", ""), "hex");

  expect(readValue({ buffer, offset: 0 })).toEqual(expected);
});

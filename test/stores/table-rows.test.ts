import fc from "fast-check";
import { expect, test } from "vitest";
import { fromRow, RowTooLargeError, toRow } from "../../src/stores/table-rows.ts";

const KEY = { partitionKey: "p", rowKey: "r" };

/** A stored value, read back. */
function stored(value: unknown): unknown {
  return fromRow({ ...toRow(KEY, value), etag: "e" });
}

test("fromRow returns what toRow was given, dates as dates", () => {
  const value = {
    at: new Date("2026-03-01T10:00:00.123Z"),
    inner: [{ at: new Date(0) }],
    no: null,
  };

  expect(stored(value)).toEqual(value);
});

test.each([
  { $date: "2026-03-01" },
  { $date: new Date(0), other: 1 },
  { $$date: 1, $date: { $date: "x" } },
  { query: { $select: "a", $date: "b", $$$date: "c" } },
])("a member that is named like the mark of dates stays what it is: %j", (value) => {
  expect(stored(value)).toEqual(value);
});

test("members named like parts of every object stay data", () => {
  const value = JSON.parse(
    '{"__proto__": {"isAdmin": true}, "constructor": 1, "$date": {"__proto__": 2}}',
  );

  const back = stored(value) as object;

  expect(JSON.stringify(back)).toBe(JSON.stringify(value));
  expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  expect({}).not.toHaveProperty("isAdmin");
});

test("whatever can be written as JSON comes back the same", () => {
  const strings = fc.string({ unit: "binary", maxLength: 20 });
  const names = fc.oneof(strings, fc.constantFrom("$date", "$$date", "json0", "writeId"));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      strings,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.date({ noInvalidDate: true }),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(names, tie("value"), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));

  fc.assert(
    fc.property(value, (any) => {
      expect(stored(any)).toEqual(any);
    }),
  );
}, 60_000);

test.each([29_997, 29_998, 29_999, 30_000, 60_001])(
  "no property holds half a character when emoji start after %i others",
  (length) => {
    const text = "x".repeat(length) + "😀".repeat(40_000);

    const row = toRow(KEY, text);

    const chunks = Object.entries(row).filter(([name]) => name.startsWith("json"));
    expect(chunks.every(([, chunk]) => chunk.isWellFormed())).toBe(true);
    expect(Math.max(...chunks.map(([, chunk]) => chunk.length))).toBeLessThanOrEqual(32_768);
    expect(stored(text)).toBe(text);
  },
);

test("toRow says how large a value is that no row holds", () => {
  expect(() => toRow(KEY, "x".repeat(450_000))).toThrow(RowTooLargeError);
  expect(() => toRow(KEY, "x".repeat(450_000))).toThrow(
    'Cannot store row "r": its JSON has 450002 characters, a row holds 450000',
  );
  expect(stored("x".repeat(449_998))).toHaveLength(449_998);
});

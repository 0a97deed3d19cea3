import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NotRepresentableError } from "../../../src/formats/not-representable.ts";
import type { ColumnType } from "../../../src/formats/rows.ts";
import { textOf } from "../write-file.ts";

/** The text after the colon in a line with this one value. */
function written(
  type: ColumnType,
  cell: string | null,
  options: Record<string, unknown> = {},
): string {
  const line = textOf({ kind: "jsonl", ...options }, [{ name: "a", type }], [[cell]]);
  return line.slice('{"a":'.length, -"}\n".length);
}

describe("jsonl values", () => {
  test.each<[ColumnType, string | null, string]>([
    ["string", null, "null"],
    ["string", "", '""'],
    ["string", "plain", '"plain"'],
    ["string", 'a "b" \\', '"a \\"b\\" \\\\"'],
    ["string", "a\r\n\tb\u0000\u001F", '"a\\r\\n\\tb\\u0000\\u001f"'],
    ["string", "\u0085\u2028\u2029", '"\\u0085\\u2028\\u2029"'],
    ["string", "😀", '"😀"'],
    ["string", "lone \uD83D", '"lone \uFFFD"'],
    ["string", "\uDE00\uD83D", '"\uFFFD\uFFFD"'],
    ["integer", "9223372036854775807", "9223372036854775807"],
    ["integer", "-1", "-1"],
    ["decimal", "12345678901234567890.1234567890", "12345678901234567890.1234567890"],
    ["decimal", "1.50", "1.50"],
    ["double", "1e+21", "1e+21"],
    ["double", "-5e-324", "-5e-324"],
    ["boolean", "true", "true"],
    ["boolean", "false", "false"],
    ["date", "2024-02-29", '"2024-02-29"'],
    ["datetime", "2024-02-29T23:59:59.999999Z", '"2024-02-29T23:59:59.999999Z"'],
    ["binary", "+/+=", '"+/+="'],
    ["json", '{"n":9007199254740993}', '{"n":9007199254740993}'],
    ["json", '[\r\n 1,\n\n"a\\nb"]', '[  1, "a\\nb"]'],
    ["json", '"\u2028"', '"\\u2028"'],
    ["json", '"\uD83D"', '"\uFFFD"'],
    ["json", "null", "null"],
  ])("writes %s %j as %s", (type, cell, expected) => {
    expect(written(type, cell)).toBe(expected);
  });

  test.each<[ColumnType, string]>([
    ["integer", "007"],
    ["integer", "1}"],
    ["integer", ""],
    ["decimal", "1,5"],
    ["decimal", ".5"],
    ["double", "inf"],
    ["double", "NaN"],
    ["double", "-Infinity"],
    ["boolean", "t"],
    ["json", "{'a':1}"],
    ["json", '1},{"b":2'],
    ["json", ""],
  ])("refuses %s %j", (type, cell) => {
    expect(() => written(type, cell)).toThrow(NotRepresentableError);
  });
});

test("jsonl writes integers and decimals as strings when told so", () => {
  expect(written("integer", "9223372036854775807", { integers: "string" })).toBe(
    '"9223372036854775807"',
  );
  expect(written("decimal", "1.50", { decimals: "string" })).toBe('"1.50"');
});

test("jsonl writes non-finite numbers as nonFinite says", () => {
  expect(written("double", "NaN", { nonFinite: "null" })).toBe("null");
  expect(written("double", "-Infinity", { nonFinite: "string" })).toBe('"-Infinity"');
});
test("jsonl writes one object a line and nothing for no rows", () => {
  const columns = [
    { name: "a", type: "integer" },
    { name: 'b "x"', type: "string" },
  ] as const;

  expect(
    textOf({ kind: "jsonl" }, columns, [
      ["1", "x"],
      [null, null],
    ]),
  ).toBe('{"a":1,"b \\"x\\"":"x"}\n{"a":null,"b \\"x\\"":null}\n');
  expect(textOf({ kind: "jsonl" }, columns, [])).toBe("");
});

test("jsonl leaves out nulls when told so, wherever they stand", () => {
  const columns = ["a", "b", "c"].map((name) => ({ name, type: "integer" as const }));
  const rows = [
    ["1", null, "3"],
    [null, "2", null],
    [null, null, null],
  ];

  expect(textOf({ kind: "jsonl", nulls: "omit" }, columns, rows)).toBe(
    '{"a":1,"c":3}\n{"b":2}\n{}\n',
  );
});

test("json writes one array, also of no rows", () => {
  const columns = [{ name: "a", type: "integer" }] as const;

  expect(textOf({ kind: "json" }, columns, [["1"], ["2"]])).toBe('[\n{"a":1},\n{"a":2}\n]\n');
  expect(JSON.parse(textOf({ kind: "json" }, columns, []))).toEqual([]);
});

test("json refuses two columns of one name", () => {
  const columns = [
    { name: "a", type: "integer" },
    { name: "a", type: "string" },
  ] as const;

  expect(() => textOf({ kind: "json" }, columns, [])).toThrow("name stands twice");
});

test("json keeps any column name and any text, for JSON.parse", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (name, cell) => {
      const [row] = JSON.parse(textOf({ kind: "json" }, [{ name, type: "string" }], [[cell]]));

      expect(Object.entries(row)).toEqual([[name, cell]]);
    }),
  );
});

test("jsonl never breaks a line inside a row", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.jsonValue(), (cell, value) => {
      const columns = [
        { name: "a", type: "string" },
        { name: "b", type: "json" },
      ] as const;
      const file = textOf({ kind: "jsonl" }, columns, [[cell, JSON.stringify(value, null, 2)]]);

      expect(file.split(/[\r\n\u0085\u2028\u2029]/)).toHaveLength(2);
      expect(JSON.parse(file)).toEqual({ a: cell, b: JSON.parse(JSON.stringify(value)) });
    }),
  );
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cell } from "../../../../src/formats/rows.ts";
import { lineWriter } from "../../../../src/systems/postgres/target/target-cells.ts";
import type { TargetColumn } from "../../../../src/systems/postgres/target/target-table.ts";
import { aColumn } from "./a-column.ts";

function aPlan(columns: readonly TargetColumn[], key: readonly string[] | null = null) {
  return { columns, key, whenAdded: [], round: [] };
}

const writeOne = (typeId: number, cell: Cell, modifier = -1) =>
  lineWriter(aPlan([aColumn("c", typeId, modifier)]))([cell]);

/** The fields of a line, by the documentation of COPY. */
function fieldsOf(line: string): (string | null)[] {
  const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", "\\": "\\" };
  return line
    .replace(/\n$/, "")
    .split("\t")
    .slice(1)
    .map((field) =>
      field === "\\N" ? null : field.replace(/\\(.)/g, (_, code: string) => escapes[code] ?? "?"),
    );
}

test("lineWriter writes any text so that COPY reads it back", () => {
  const text = fc.string({ unit: "grapheme" }).filter((value) => !value.includes("\0"));
  const nasty = fc.constantFrom("\\N", "\\.", "\\", "\t", "\r\n", "", "N", "\\\\N");
  fc.assert(
    fc.property(fc.array(fc.oneof(text, nasty, fc.constant(null)), { minLength: 1 }), (row) => {
      const write = lineWriter(aPlan(row.map((_, index) => aColumn(`c${index}`, 25))));

      const line = write(row);

      expect(typeof line === "string" && line.indexOf("\n") === line.length - 1).toBe(true);
      expect(fieldsOf(String(line))).toEqual(row);
    }),
  );
});

test("lineWriter refuses what PostgreSQL cannot store, and nulls that it must not let pass", () => {
  const write = lineWriter(aPlan([aColumn("a", 25), aColumn("b", 25)], ["b"]));

  expect(write(["x\0", "y"])).toEqual({ index: 0, because: "must not hold the character U+0000" });
  expect(write(["x", "y\udc00"])).toEqual({
    index: 1,
    because: "must not hold one half of a character pair",
  });
  expect(write([null, null])).toEqual({
    index: 1,
    because: "must have a value: it tells rows apart",
  });
  expect(write([null, "\u{1F69A}"])).toBe("\t\\N\t\u{1F69A}\n");
});

/** Modifier of numeric(precision,scale). */
const numeric = (precision: number, scale: number) => ((precision << 16) | (scale & 0x7ff)) + 4;
const NUMERIC = 1700;

describe("numeric(p,s)", () => {
  test.each([
    ["1.50", 2],
    ["1.500", 2],
    ["15e-1", 1],
    ["-0.010", 2],
    ["0.000", 0],
    ["0", -2],
    ["1200", -2],
    ["not a number", 2],
  ])("takes %s with %i decimals, or leaves it to PostgreSQL", (cell, scale) => {
    expect(writeOne(NUMERIC, cell, numeric(6, scale))).toBe(`\t${cell}\n`);
  });

  test.each([
    ["NaN", 2],
    ["1.505", 2],
    ["15e-2", 1],
    ["0.5", 0],
    ["1210", -2],
    [`0.${"0".repeat(200_000)}1`, 2],
  ])("does not let %.10s be rounded to %i decimals", (cell, scale) => {
    expect(writeOne(NUMERIC, cell, numeric(6, scale))).toMatchObject({ index: 0, because: null });
  });

  test("takes any number of decimals without a modifier", () => {
    expect(writeOne(NUMERIC, "1.00001")).toBe("\t1.00001\n");
  });
});

const [BYTEA, DATE, TIME, TIMESTAMP, TIMESTAMPTZ] = [17, 1082, 1083, 1114, 1184];

test.each([
  [BYTEA, "AP8=", "\t\\\\x00ff\n"],
  [BYTEA, "", "\t\\\\x\n"],
  [DATE, "2024-02-29", "\t2024-02-29\n"],
  [TIME, "10:00:00.5", "\t10:00:00.5\n"],
  [TIMESTAMP, "2024-02-29 10:00", "\t2024-02-29T10:00:00\n"],
  [TIMESTAMPTZ, "2024-02-29T10:00:00+02:00", "\t2024-02-29T08:00:00Z\n"],
  [TIMESTAMPTZ, "2024-02-29", "\t2024-02-29T00:00:00Z\n"],
])("type %i takes %s", (typeId, cell, line) => {
  expect(writeOne(typeId, cell)).toBe(line);
});

test.each([
  [BYTEA, "AP8"],
  [BYTEA, "\\x00"],
  [DATE, "2024-02-29T10:00:00Z"],
  [DATE, "today"],
  [DATE, "29/02/2024"],
  [TIME, "now"],
  [TIME, "2024-02-29T10:00:00Z"],
  [TIMESTAMP, "infinity"],
  [TIMESTAMPTZ, "epoch"],
  [TIMESTAMPTZ, "2024-02-29x"],
])("type %i does not take %s, which PostgreSQL would read in its own way", (typeId, cell) => {
  expect(writeOne(typeId, cell)).toMatchObject({ index: 0, because: null });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAppError } from "../../../src/domain/errors.ts";
import { Shape } from "../../../src/domain/exports/export-shape.ts";
import { planTransform } from "../../../src/domain/rows/transform-rows.ts";
import type { Cell, Column, Row } from "../../../src/formats/rows.ts";

const source: readonly Column[] = [
  { name: "id", type: "integer" },
  { name: "name", type: "string" },
  { name: "price", type: "string" },
];
const rows: readonly Row[] = [
  ["1", "one", "1.50"],
  ["2", null, null],
  ["3", "", "3"],
];

/** Plans a shape as it stands in a definition. */
function plan(shape: unknown, columns = source): ReturnType<typeof planTransform> {
  return planTransform(columns, Shape.parse(shape));
}

/** The code and message of what is thrown. */
function failureOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return isAppError(error) ? `${error.code}: ${error.message}` : String(error);
  }
  return "nothing thrown";
}

test("planTransform without a shape hands rows through", () => {
  const { columns, transform } = plan({});

  expect(columns).toEqual(source);
  expect(transform(rows)).toEqual(rows);
});

test("planTransform chooses, orders, renames, converts and adds constants", () => {
  const { columns, transform } = plan({
    columns: [
      { name: "Price", from: "price", type: "decimal", whenNull: 0 },
      "id",
      { name: "company", constant: "usmf" },
      { name: "name", whenNull: "-" },
      { name: "version", constant: 1.5 },
      { name: "active", constant: true },
      { name: "since", constant: "2024-02-29", type: "date" },
      { name: "nothing", constant: null, type: "integer" },
      { name: "id again", from: "id", type: "string" },
    ],
  });

  expect(columns).toEqual([
    { name: "Price", type: "decimal" },
    { name: "id", type: "integer" },
    { name: "company", type: "string" },
    { name: "name", type: "string" },
    { name: "version", type: "decimal" },
    { name: "active", type: "boolean" },
    { name: "since", type: "date" },
    { name: "nothing", type: "integer" },
    { name: "id again", type: "string" },
  ]);
  expect(transform(rows)).toEqual([
    ["1.50", "1", "usmf", "one", "1.5", "true", "2024-02-29", null, "1"],
    ["0", "2", "usmf", "-", "1.5", "true", "2024-02-29", null, "2"],
    ["3", "3", "usmf", "", "1.5", "true", "2024-02-29", null, "3"],
  ]);
});

test("planTransform keeps the bounds of a column that it copies, and drops those of one that it converts", () => {
  const bounds = { precision: 8, scale: 2 };
  const { columns } = plan(
    {
      columns: [
        { name: "copied", from: "price" },
        { name: "text", from: "price", type: "string" },
      ],
    },
    [{ name: "price", type: "decimal", bounds }],
  );

  expect(columns).toEqual([
    { name: "copied", type: "decimal", bounds },
    { name: "text", type: "string" },
  ]);
});

test("planTransform filters by the source's columns, before it converts", () => {
  const { transform } = plan({
    filter: "price ne null and id gt 1",
    columns: [{ name: "x", from: "name" }],
  });

  expect(transform(rows)).toEqual([[""]]);
});

test("planTransform writes large and small constants with all their digits", () => {
  const { columns, transform } = plan({
    columns: [
      { name: "large", constant: 1e21 },
      { name: "small", constant: 1.5e-7 },
      { name: "text", constant: 7, type: "string" },
    ],
  });

  expect(columns.map(({ type }) => type)).toEqual(["integer", "decimal", "string"]);
  expect(transform([["1", "", ""]])).toEqual([["1000000000000000000000", "0.00000015", "7"]]);
});

describe("planTransform refuses", () => {
  test.each([
    [
      { columns: ["id", "nmae"] },
      'shape-invalid: Cannot take column "nmae": the source has only "id", "name", "price"',
    ],
    [{ columns: [{ name: "x", from: "nmae" }] }, 'shape-invalid: Cannot take column "nmae"'],
    [
      { columns: [{ name: "id", type: "date" }] },
      'shape-invalid: Cannot convert column "id" from integer to date',
    ],
    [
      { columns: [{ name: "x", constant: "soon", type: "date" }] },
      'shape-invalid: Cannot write column "x": the constant "soon" is not a valid date',
    ],
    [
      { columns: [{ name: "id", whenNull: "none" }] },
      'shape-invalid: Cannot write column "id": the constant "none" is not a valid integer',
    ],
    [
      { filter: "nmae eq 1" },
      'filter-invalid: Cannot filter by column "nmae": the source has only "id", "name", "price"',
    ],
    [{ filter: "id eq" }, "filter-invalid: Cannot read the filter at character 6"],
  ])("%j", (shape, failure) => {
    expect(failureOf(() => plan(shape))).toContain(failure);
  });

  test("two columns of one name, and a column without a name, that the source gives", () => {
    const twice: Column[] = [
      { name: "a", type: "string" },
      { name: "a", type: "string" },
    ];

    expect(failureOf(() => plan({}, twice))).toContain('it has column "a" twice');
    expect(failureOf(() => plan({}, [{ name: "", type: "string" }]))).toContain(
      "a column without a name",
    );
  });

  test("a value that cannot be converted, naming column and value", () => {
    const { transform } = plan({ columns: [{ name: "cost", from: "price", type: "decimal" }] });

    expect(failureOf(() => transform([["1", null, "12 EUR"]]))).toBe(
      'conversion-failed: Cannot convert column "cost": value "12 EUR" is not a valid decimal',
    );
    expect(failureOf(() => transform([["1", null, "x".repeat(1_000)]]))).toBe(
      `conversion-failed: Cannot convert column "cost": value "${"x".repeat(40)}"... (1000 characters) is not a valid decimal`,
    );
  });

  test("many columns with only fifty of them named", () => {
    const many = Array.from(
      { length: 60 },
      (_, index): Column => ({ name: `c${index}`, type: "string" }),
    );

    expect(failureOf(() => plan({ columns: ["x"] }, many))).toMatch(/"c49" and 10 more$/);
  });
});

test("planTransform keeps values, order and number of rows for any choice of columns", () => {
  const cell = fc.option(fc.string(), { nil: null });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, cell)),
      fc.uniqueArray(fc.constantFrom(0, 1, 2), { minLength: 1 }),
      (batch: Cell[][], picks) => {
        const names = picks.map((pick) => source[pick]?.name ?? "");
        const { transform } = plan({ columns: names });

        expect(transform(batch)).toEqual(batch.map((row) => picks.map((pick) => row[pick])));
      },
    ),
  );
});

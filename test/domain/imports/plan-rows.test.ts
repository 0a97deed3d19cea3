import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { ImportColumn } from "../../../src/domain/imports/import-column.ts";
import {
  checkColumns,
  fieldsOf,
  planRows,
  type SubmissionFacts,
} from "../../../src/domain/imports/plan-rows.ts";

const FACTS: SubmissionFacts = {
  company: "USMF",
  externalId: "items 1.csv",
  id: "m1",
  executionId: "e1",
  receivedAt: new Date("2026-03-01T10:00:00Z"),
};

type Written = z.input<typeof ImportColumn>;

function column(written: Partial<Written>): ImportColumn {
  return ImportColumn.parse({ name: "value", ...written });
}

/** Result for one cell: the cell, or why it is bad. */
function read(written: Partial<Written>, cell: string | null): unknown {
  const result = planRows(["value"], [column(written)], FACTS).read([cell], 7);
  const [reason] =
    "failures" in result ? (result.failures[0]?.reason.split(": expected") ?? []) : [];
  return "cells" in result ? result.cells[0] : { bad: reason };
}

const COMMA = { numbers: { decimal: ",", group: "." } } as const;

const CELLS: readonly [Partial<Written>, string | null, unknown][] = [
  // as it is
  [{}, "x", "x"],
  [{}, "", ""],
  [{}, null, null],
  [{}, " x ", " x "],
  // cleaning
  [{ trim: true }, " x ", "x"],
  [{ emptyIsNull: true }, "", null],
  [{ emptyIsNull: true }, " ", " "],
  [{ emptyIsNull: true, trim: true }, " ", null],
  [{ letters: "upper" }, "straße", "STRASSE"],
  [{ letters: "lower" }, "ÆØÅ", "æøå"],
  [{ values: [{ from: "J", to: "yes" }] }, "J", "yes"],
  [{ values: [{ from: "J", to: "yes" }] }, "N", "N"],
  [{ values: [{ from: "-", to: null }] }, "-", null],
  [{ values: [{ from: "__proto__", to: "x" }] }, "__proto__", "x"],
  [{ values: [{ from: "a", to: "x" }] }, "constructor", "constructor"],
  [{ letters: "upper", values: [{ from: "J", to: "true" }], type: "boolean" }, "j", "true"],
  // types
  [{ type: "integer" }, " 12 ", "12"],
  [{ type: "integer" }, "", null],
  [{ type: "integer" }, "   ", null],
  [{ type: "integer", emptyIsNull: false }, "", { bad: "is not a valid integer" }],
  [{ type: "integer" }, "1.5", { bad: "is not a valid integer" }],
  [{ type: "integer" }, "123456789012345678901234567890", "123456789012345678901234567890"],
  [{ type: "boolean" }, "maybe", { bad: "is not a valid boolean" }],
  [
    { type: "uuid" },
    "{6D31E09F-0249-4F0A-9D6C-1F0E3C5B7A91}",
    "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91",
  ],
  // numbers as people write them
  [{ type: "decimal", ...COMMA }, "1.234,50", "1234.50"],
  [{ type: "decimal", ...COMMA }, "-1.234.567,8", "-1234567.8"],
  [{ type: "decimal", ...COMMA }, "1234,5", "1234.5"],
  [{ type: "decimal", ...COMMA }, "1.23,5", { bad: "is not a valid decimal" }],
  [{ type: "decimal", ...COMMA }, "1,5,5", { bad: "is not a valid decimal" }],
  [{ type: "decimal", ...COMMA }, "1.234.5", { bad: "is not a valid decimal" }],
  [{ type: "decimal", numbers: { decimal: "." } }, "1,234.5", { bad: "is not a valid decimal" }],
  [{ type: "decimal", numbers: { decimal: ",", group: " " } }, "1\u00A0234,5", "1234.5"],
  [{ type: "double", numbers: { decimal: "," } }, "1,5e3", "1500"],
  [{ type: "integer", ...COMMA }, "1.234", "1234"],
  [{ type: "decimal", ...COMMA }, ",5", "0.5"],
  [{ type: "decimal", ...COMMA }, "5,", "5"],
  [{ type: "decimal", ...COMMA }, ",", { bad: "is not a valid decimal" }],
  // numbers as databases write them, and more digits than a type keeps
  [{ type: "decimal" }, ".5", "0.5"],
  [{ type: "decimal" }, "-5.", "-5"],
  [{ type: "decimal" }, ".", { bad: "is not a valid decimal" }],
  [{ type: "integer" }, "5.", "5"],
  [{ type: "integer", round: "down" }, "-1.5", "-1"],
  [{ type: "integer", round: "half-up" }, "1.5", "2"],
  [{ type: "integer", round: "half-up" }, "x", { bad: "is not a valid integer" }],
  [{ type: "double" }, "0.10000000000000001", "0.1"],
  [
    { type: "double" },
    "0.12345678901234567891",
    {
      bad: "has more digits than a value of type double: it would be stored as 0.12345678901234568",
    },
  ],
  [{ type: "double", round: "half-up" }, "0.12345678901234567891", "0.12345678901234568"],
  [{ type: "double" }, "NaN", "NaN"],
  [{ type: "date" }, "2024-02-29 00:00:00.000", "2024-02-29"],
  [{ type: "date" }, "2024-02-29T00:00:00+02:00", "2024-02-29"],
  [
    { type: "date" },
    "2024-02-29T23:59:59.9999999",
    { bad: "has more digits than a value of type date: it would be stored as 2024-02-29" },
  ],
  [{ type: "date", round: "down" }, "2024-02-29T23:59:59.9999999", "2024-02-29"],
  [{ type: "date", round: "half-up" }, "2024-02-29T23:59:59.9999999", "2024-03-01"],
  [{ type: "date", dates: "dmy", round: "down" }, "29.02.2024 10:00", "2024-02-29"],
  [{ type: "datetime" }, "2024-02-29 10:00:00+02", "2024-02-29T08:00:00Z"],
  [{ type: "datetime" }, "2024-02-29T10:00:00-0230", "2024-02-29T12:30:00Z"],
  [{ type: "datetime" }, "2024-02-29 10:00:00.0000000 +02:00", "2024-02-29T08:00:00.0000000Z"],
  [{ type: "datetime" }, "2024-02-29T10:00:00+2", { bad: "is not a valid datetime" }],
  // dates as people write them
  [{ type: "date", dates: "dmy" }, "1.3.2026", "2026-03-01"],
  [{ type: "date", dates: "dmy" }, "01-03-2026", "2026-03-01"],
  [{ type: "date", dates: "dmy" }, "2026-03-01", "2026-03-01"],
  [{ type: "date", dates: "mdy" }, "03/01/2026", "2026-03-01"],
  [{ type: "date", dates: "ymd" }, "20260301", "2026-03-01"],
  [{ type: "date", dates: "dmy" }, "29.02.2026", { bad: "is not a valid date" }],
  [{ type: "date", dates: "dmy" }, "01.03.26", { bad: "is not a valid date" }],
  [{ type: "local-datetime", dates: "dmy" }, "1.3.2026 08:30", "2026-03-01T08:30:00"],
  [{ type: "local-datetime", dates: "dmy" }, "1.3.2026", "2026-03-01T00:00:00"],
  [{ type: "datetime", dates: "dmy" }, "1.3.2026 08:30+01:00", "2026-03-01T07:30:00Z"],
  [{ type: "datetime" }, "2026-03-01T08:30", { bad: "is not a valid datetime" }],
  // nulls
  [{ required: true }, null, { bad: "must have a value" }],
  [{ required: true }, "", ""],
  [{ required: true, emptyIsNull: true }, "", { bad: "must have a value" }],
  [{ whenNull: "none" }, null, "none"],
  [{ whenNull: 0, type: "integer", required: true }, "", "0"],
  // lengths
  [{ maxLength: 3 }, "abc", "abc"],
  [{ maxLength: 3 }, "abcd", { bad: "is longer than 3 characters: it has 4" }],
  [{ maxLength: 3 }, "😀😀😀", "😀😀😀"],
  [{ minLength: 2 }, "😀", { bad: "is shorter than 2 characters: it has 1" }],
  [{ minLength: 2, maxLength: 2 }, "ab", "ab"],
  // bounds
  [{ type: "integer", min: 1, max: 9 }, "1", "1"],
  [{ type: "integer", min: 1 }, "0", { bad: "is less than 1" }],
  [{ type: "decimal", max: "9.99" }, "9.990", "9.990"],
  [{ type: "decimal", max: "9.99" }, "9.991", { bad: "is greater than 9.99" }],
  [{ type: "decimal", min: "-1" }, "-100000000000000000000", { bad: "is less than -1" }],
  [{ type: "double", max: 1e21 }, "1e22", { bad: "is greater than 1e+21" }],
  [{ type: "date", min: "2026-01-01" }, "2025-12-31", { bad: "is less than 2026-01-01" }],
  [
    { type: "datetime", max: "2026-01-01T00:00:00Z" },
    "2026-01-01T00:00:00.000Z",
    "2026-01-01T00:00:00.000Z",
  ],
  [{ type: "time", max: "08:30" }, "08:30:00.50", { bad: "is greater than 08:30:00" }],
  [{ type: "time", max: "08:30:00.5" }, "08:30:00.50", "08:30:00.50"],
  // lists
  [{ oneOf: ["A", "B"] }, "B", "B"],
  [{ oneOf: ["A", "B"] }, "b", { bad: 'is not one of "A", "B"' }],
  [{ type: "integer", oneOf: ["01"] }, "1", "1"],
];

test.each(CELLS)("%j reads %j as %j", (written, cell, expected) => {
  expect(read(written, cell)).toEqual(expected);
});

describe("planRows", () => {
  test("takes columns by name, in the order of the target, and says what it leaves", () => {
    const columns = [
      column({ name: "code", from: "Item no" }),
      column({ name: "amount", from: "Amount", type: "decimal" }),
      column({ name: "company", fact: "company" }),
      column({ name: "place", fact: "row", type: "integer" }),
      column({ name: "kind", constant: true, type: "boolean" }),
    ];

    const plan = planRows(["Amount", "Comment", "Item no"], columns, FACTS);

    expect(plan.columns).toEqual([
      { name: "code", type: "string" },
      { name: "amount", type: "decimal" },
      { name: "company", type: "string" },
      { name: "place", type: "integer" },
      { name: "kind", type: "boolean" },
    ]);
    expect(plan.ignored).toEqual(["Comment"]);
    expect(plan.read(["1.50", "hello", "A1"], 12)).toEqual({
      cells: ["A1", "1.50", "USMF", "12", "true"],
    });
    expect(fieldsOf(columns)).toEqual(["Item no", "Amount"]);
  });

  test.each([
    ["company", "USMF"],
    ["external-id", "items 1.csv"],
    ["message-id", "m1"],
    ["execution-id", "e1"],
    ["received-at", "2026-03-01T10:00:00.000Z"],
    ["row", "7"],
  ] as const)("the fact %s is %s", (fact, expected) => {
    expect(read({ fact }, "x")).toBe(expected);
  });

  test("tells all that is wrong with a row, by the names that the file has", () => {
    const columns = [
      column({ name: "code", from: "Item no", required: true }),
      column({ name: "amount", from: "Amount", type: "decimal" }),
    ];

    const result = planRows(["Item no", "Amount"], columns, FACTS).read([null, "x".repeat(300)], 3);

    expect(result).toEqual({
      failures: [
        { row: 3, field: "Item no", value: null, reason: "must have a value" },
        {
          row: 3,
          field: "Amount",
          value: `${"x".repeat(200)}...`,
          reason: "is not a valid decimal: expected a number such as 1234.5",
        },
      ],
    });
  });
});

describe("planRows, of a file that does not mention every column,", () => {
  test("leaves what a file or a row does not mention unmentioned, but for facts and constants", () => {
    const columns = [
      column({ name: "a", required: true }),
      column({ name: "b" }),
      column({ name: "c", required: true, whenNull: "x" }),
      column({ name: "d", required: true, optional: true }),
      column({ name: "e", constant: "y" }),
      column({ name: "f", fact: "row" }),
    ];

    const plan = planRows(["a", "b"], columns, FACTS);

    expect(plan.read(["1", undefined], 1)).toEqual({
      cells: ["1", undefined, undefined, undefined, "y", "1"],
    });
    expect(plan.columns[2]).toEqual({ name: "c", type: "string", whenAdded: "x" });
  });

  test("refuses a row that lacks what every row must have, and one that has nothing at all", () => {
    const columns = [
      column({ name: "a", required: true }),
      column({ name: "b", required: true, optional: true }),
      column({ name: "c", constant: "y" }),
    ];

    const plan = planRows(["a", "b"], columns, FACTS);

    expect(plan.read([undefined, null], 7)).toEqual({
      failures: [
        { row: 7, field: "a", value: null, reason: "must have a value" },
        { row: 7, field: "b", value: null, reason: "must have a value" },
      ],
    });
    expect(plan.read([undefined, undefined], 8)).toEqual({
      failures: [
        {
          row: 8,
          field: null,
          value: null,
          reason: "has none of the fields that the import takes",
        },
      ],
    });
  });

  test("takes a field whose name differs in case and blanks, where no other can be meant", () => {
    const columns = [column({ name: "price" }), column({ name: "no", from: "No" })];

    const plan = planRows(["No", "\uFEFF Price\u00A0", "NO"], columns, FACTS);

    expect(plan.read(["1", "2", "3"], 1)).toEqual({ cells: ["2", "1"] });
    expect(plan.matchedLoosely).toEqual([{ wanted: "price", field: "\uFEFF Price\u00A0" }]);
    expect(plan.ignored).toEqual(["NO"]);
  });
});

test.each([
  { type: "integer", whenNull: "x" },
  { type: "integer", min: "x" },
  { type: "date", max: "tomorrow" },
  { type: "uuid", constant: "x" },
  { type: "integer", oneOf: ["x"] },
] as Partial<Written>[])("checkColumns refuses %j", (written) => {
  expect(() => checkColumns([column(written)])).toThrowError(
    expect.objectContaining({ code: "shape-invalid" }),
  );
});

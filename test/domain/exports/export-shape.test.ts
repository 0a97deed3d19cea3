import { describe, expect, test } from "vitest";
import { z } from "zod";
import { FormatOptions } from "../../../src/domain/definitions/file-formats.ts";
import { Shape } from "../../../src/domain/exports/export-shape.ts";

/** Problems of a value, one per line. */
function problemsOf(schema: z.ZodType, value: unknown): string {
  const { error } = schema.safeParse(value);
  return error === undefined ? "" : z.prettifyError(error);
}

describe("Shape", () => {
  test("takes names, renames, conversions and constants, and may be empty", () => {
    const shape = {
      columns: [
        "id",
        { name: "Order Date", from: "order_date", type: "date" },
        { name: "company", constant: "usmf" },
        { name: "nothing", constant: null },
        { name: "count", whenNull: 0 },
      ],
      filter: "id gt 5",
    };

    expect(Shape.parse(shape)).toEqual(shape);
    expect(Shape.parse({})).toEqual({});
  });

  test.each([
    [{ columns: [] }, "must name at least one column"],
    [{ columns: ["a", { name: "a", from: "b" }] }, 'must not use the name "a" twice'],
    [{ columns: [{ name: "a", from: "b", constant: 1 }] }, "must not be set together with from"],
    [
      { columns: [{ name: "a", constant: 1, whenNull: 2 }] },
      "must not be set together with constant",
    ],
    [{ columns: [{ name: "a", form: "b" }] }, 'Unrecognized key: "form"'],
    [{ columns: [{ from: "b" }] }, "name "],
    [{ columns: [{ name: "a", type: "money" }] }, "type Invalid option"],
    [{ columns: [""] }, "must not be empty"],
    [{ columns: ["a\nb"] }, "must not hold control characters"],
    [{ columns: [{ name: "a", constant: {} }] }, "must be a text of at most 10,000 characters"],
    [{ columns: [5] }, "must be a column's name or { name, from, constant, type, whenNull }"],
    [{ filter: "" }, "must not be empty"],
    [{ filter: "x".repeat(2_001) }, "must have at most 2000 characters"],
    [{ rows: 1 }, 'Unrecognized key: "rows"'],
  ])("refuses %j", (shape, problem) => {
    expect(problemsOf(Shape, shape)).toContain(problem);
  });
});

test("FormatOptions fills in the defaults of each kind", () => {
  expect(FormatOptions.parse({ kind: "csv" })).toEqual({
    kind: "csv",
    delimiter: ",",
    header: true,
    quoting: "minimal",
    lineEnd: "crlf",
    nullText: "",
    booleans: { true: "true", false: "false" },
    excelSafe: false,
    encoding: "utf-8",
  });
  expect(FormatOptions.parse({ kind: "jsonl" })).toEqual({
    kind: "jsonl",
    integers: "number",
    decimals: "number",
    nonFinite: "refuse",
    nulls: "write",
  });
  expect(FormatOptions.parse({ kind: "xml" })).toEqual({
    kind: "xml",
    rootElement: "rows",
    declaration: true,
    nulls: "xsi-nil",
    controlCharacters: "refuse",
  });
  expect(
    FormatOptions.parse({ kind: "package", definitionGroup: "Items", file: { kind: "xml" } }),
  ).toMatchObject({ file: { nulls: "omit" } });
  expect(
    FormatOptions.parse({ kind: "package", definitionGroup: "Items", file: { kind: "csv" } }),
  ).toMatchObject({ description: "", manifestEncoding: "utf-16le", file: { delimiter: "," } });
});

describe("FormatOptions", () => {
  test.each([
    [{}, 'must have a kind: "csv", "json", "jsonl", "xml", "xml-lines", "parquet" or "package"'],
    [{ kind: "avro" }, "must have a kind"],
    ["csv", "must have a kind"],
    [{ kind: "csv", header: "yes" }, "expected boolean"],
    [{ kind: "csv", seperator: ";" }, 'Unrecognized key: "seperator"'],
    [{ kind: "csv", delimiter: "" }, "must be one character"],
    [{ kind: "csv", delimiter: ";;" }, "must be one character"],
    [{ kind: "csv", delimiter: "a" }, "must be one character"],
    [{ kind: "csv", delimiter: '"' }, "must be one character"],
    [{ kind: "csv", delimiter: "-" }, "must be one character"],
    [{ kind: "csv", delimiter: "😀" }, "must be one character"],
    [{ kind: "csv", nullText: "a,b" }, "must not hold the delimiter"],
    [{ kind: "csv", nullText: " " }, "must not hold the delimiter"],
    [{ kind: "csv", nullText: '"' }, "must not hold the delimiter"],
    [{ kind: "xml", rootElement: "a b" }, "must be an XML name"],
    [{ kind: "xml", rootElement: "a:b" }, "must be an XML name"],
    [{ kind: "xml", rowElement: "xmlRow" }, 'must not start with "xml"'],
    [{ kind: "xml", namespace: "no uri" }, "must be an absolute URI"],
    [{ kind: "package", definitionGroup: "", file: { kind: "csv" } }, "definitionGroup"],
    [
      { kind: "package", definitionGroup: "x", file: { kind: "json" } },
      'must be a format of kind "csv" or "xml"',
    ],
    [
      { kind: "package", definitionGroup: "x\u0000", file: { kind: "csv" } },
      "must not hold control characters",
    ],
  ])("refuses %j", (options, problem) => {
    expect(problemsOf(FormatOptions, options)).toContain(problem);
  });
});

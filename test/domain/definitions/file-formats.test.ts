import { expect, test } from "vitest";
import { ImportFormat } from "../../../src/domain/definitions/file-formats.ts";
import { Decompression } from "../../../src/formats/decompression.ts";
import { DEFINITION_SCHEMAS } from "../../../src/systems/index.ts";

function problemsOf(format: unknown): string[] {
  const { error } = ImportFormat.safeParse(format);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const column = { name: "a", start: 1, length: 3 };

test.each([
  [
    { kind: "csv" },
    {
      delimiter: ",",
      header: true,
      quotes: "double",
      strayQuotes: "refuse",
      nullText: "",
      encoding: "auto",
      maxFieldLength: 1_048_576,
    },
  ],
  [{ kind: "json" }, { rowsAt: "", encoding: "auto" }],
  [{ kind: "jsonl" }, { encoding: "auto" }],
  [{ kind: "xml" }, { values: "elements" }],
  [{ kind: "xml-lines" }, { values: "elements" }],
  [
    { kind: "fixed-width", columns: [column] },
    {
      columns: [{ ...column, pad: " ", trim: "end" }],
      header: false,
      blank: "null",
      shortLines: "refuse",
    },
  ],
  [{ kind: "package" }, { sourceFormats: [] }],
])("ImportFormat fills in %j", (format, filled) => {
  expect(ImportFormat.parse(format)).toMatchObject(filled);
});

const REFUSED: readonly (readonly [format: object, problem: string])[] = [
  [
    { kind: "zip" },
    'kind: must have a kind: "csv", "json", "jsonl", "xml", "xml-lines", "fixed-width" or "package"',
  ],
  [
    {},
    'kind: must have a kind: "csv", "json", "jsonl", "xml", "xml-lines", "fixed-width" or "package"',
  ],
  [{ kind: "csv", separator: ";" }, ': Unrecognized key: "separator"'],
  [
    { kind: "csv", delimiter: ",," },
    "delimiter: must be one character, but neither a quote nor a line break",
  ],
  [
    { kind: "csv", delimiter: '"' },
    "delimiter: must be one character, but neither a quote nor a line break",
  ],
  [
    { kind: "csv", delimiter: "😀" },
    "delimiter: must be one character of the Basic Multilingual Plane",
  ],
  [{ kind: "csv", header: false }, "columns: must name the columns of a file without a header"],
  [
    { kind: "csv", columns: ["a"] },
    "columns: must not be set together with header: a file's header names its columns",
  ],
  [
    { kind: "csv", header: false, columns: ["a", "b", "a"] },
    'columns.2: must not use the name "a" twice',
  ],
  [
    { kind: "csv", nullText: "a,b" },
    "nullText: must not hold the delimiter, a quote or a line break",
  ],
  [
    { kind: "csv", encoding: "utf-7" },
    'encoding: Invalid option: expected one of "auto"|"utf-8"|"utf-16le"|"utf-16be"|"windows-1252"',
  ],
  [
    { kind: "csv", maxFieldLength: 16_777_217 },
    "maxFieldLength: Too big: expected number to be <=16777216",
  ],
  [
    { kind: "xml", rowElement: "a:b" },
    "rowElement: must be an XML name without a prefix, such as Customer_Group",
  ],
  [{ kind: "fixed-width", columns: [] }, "columns: Too small: expected array to have >=1 items"],
  [
    { kind: "fixed-width", columns: [column, { ...column, start: 4 }] },
    'columns.1: must not use the name "a" twice',
  ],
  [
    { kind: "fixed-width", columns: [{ ...column, name: "b", start: 3 }, column] },
    'columns.0.start: must not lie inside "a"',
  ],
  [
    { kind: "fixed-width", columns: [{ ...column, pad: "ab" }] },
    "columns.0.pad: must be one character",
  ],
  [
    {
      kind: "package",
      sourceFormats: [
        { name: "CSV", file: { kind: "csv" } },
        { name: "csv", file: { kind: "csv" } },
      ],
    },
    'sourceFormats.1: must not use the name "csv" twice',
  ],
  [
    { kind: "package", sourceFormats: [{ name: "x", file: { kind: "package" } }] },
    'sourceFormats.0.file.kind: must have a kind: "csv", "json", "jsonl", "xml", "xml-lines" or "fixed-width"',
  ],
];

test.each(REFUSED)("ImportFormat refuses %j", (format, problem) => {
  expect(problemsOf(format)).toContain(problem);
});

test.each(["package", "parquet"])("an export refuses gzip around a %s file", (kind) => {
  const { error } = DEFINITION_SCHEMAS.kinds.exports.safeParse({
    fileType: "Shop.Items",
    entities: [
      { name: "Items", source: { kind: "postgres", connection: "shop", table: "public.t" } },
    ],
    format: kind === "package" ? { kind, definitionGroup: "g", file: { kind: "csv" } } : { kind },
    compression: "gzip",
  });

  expect(error?.issues).toMatchObject([
    { path: ["compression"], message: `must be "none": a ${kind} file is compressed inside` },
  ]);
});

test("Decompression is automatic, gzip or none", () => {
  expect(Decompression.options).toEqual(["auto", "gzip", "none"]);
});

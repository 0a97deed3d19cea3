import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { ImportColumn } from "../../../src/domain/imports/import-column.ts";
import { fieldsOf } from "../../../src/domain/imports/plan-rows.ts";
import { requireColumns } from "../../../src/domain/imports/require-columns.ts";
import { readRows } from "../../../src/formats/read-rows.ts";
import { type ImportOptions, importOptions } from "../../formats/read-file.ts";

type Written = Partial<z.input<typeof ImportColumn>>;

const columnsOf = (columns: readonly Written[]) =>
  columns.map((column) => ImportColumn.parse({ name: "id", ...column }));

/** Opens a file as an import does. @param atEnd reads it first */
async function check(
  options: ImportOptions,
  file: string,
  { columns, atEnd = false }: { columns: readonly Written[]; atEnd?: boolean },
): Promise<string> {
  const declared = columnsOf(columns);
  const rows = await readRows(chunksOf(file), {
    format: importOptions(options),
    columns: fieldsOf(declared),
  });
  for await (const _ of atEnd ? rows.batches : []) {
    // only read
  }
  try {
    requireColumns(rows, declared);
    return "taken";
  } catch (error) {
    expect(error).toMatchObject({ code: "columns-missing" });
    return (error as Error).message.replace("Cannot import the file: ", "");
  }
}

async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(file);
}

const ID_AND_PRICE = [{ name: "id" }, { name: "price", type: "decimal" }] as const;
const OPTIONAL = [
  { name: "id", optional: true },
  { name: "price", optional: true },
];
const FIXED = { kind: "fixed-width", columns: [{ name: "id", start: 1, length: 2 }] } as const;
const XML = { kind: "xml", rowElement: "r" } as const;

describe("a file without a column is refused, whatever its format", () => {
  test.each<[ImportOptions, string]>([
    [{ kind: "csv" }, "id,cost\n1,2\n"],
    [{ kind: "csv", header: false, columns: ["id", "cost"] }, "1,2\n"],
    [{ ...FIXED, columns: [...FIXED.columns, { name: "cost", start: 3, length: 1 }] }, "1 2\n"],
    [{ kind: "json", unknownFields: "ignore" }, '[{"id":1,"cost":2},{"id":2}]'],
    [{ kind: "json" }, '[{"cost":2,"id":1}]'],
    [{ kind: "jsonl", unknownFields: "ignore" }, '{"id":1,"cost":2}'],
    [{ ...XML, unknownFields: "ignore" }, "<a><r><id>1</id><cost>2</cost></r></a>"],
    [{ ...XML, values: "attributes", unknownFields: "ignore" }, '<a><r id="1" cost="2"/></a>'],
    [{ kind: "xml-lines", unknownFields: "ignore" }, "<r><id>1</id><cost>2</cost></r>"],
  ])("%j", async (options, file) => {
    expect(await check(options, file, { columns: ID_AND_PRICE })).toBe(
      'it lacks the column(s) "price"; it has "id", "cost"',
    );
    const columns = [{ name: "id" }, { name: "price", optional: true }];
    expect(await check(options, file, { columns })).toBe("taken");
    expect(
      await check(options, file, { columns: [{ name: "id" }, { name: "price", whenNull: 0 }] }),
    ).toBe("taken");
  });
});

describe("a file with none of the columns is refused, also when all are optional", () => {
  test.each<[what: string, ImportOptions, string]>([
    ["a semicolon file", { kind: "csv" }, "id;price\n1;2\n"],
    ["a page of HTML", { kind: "csv" }, "<!DOCTYPE html>\n<html></html>\n"],
    ["a PDF", { kind: "csv" }, "%PDF-1.7\n1 0 obj\n"],
    ["a line of base64", { kind: "csv" }, "aWQscHJpY2UKMSwyCg==\n"],
    ["a header alone", { kind: "csv" }, "a,b\n"],
    ["a layout", { ...FIXED, columns: [{ name: "a", start: 1, length: 1 }] }, "1\n"],
    ["other members", { kind: "json", unknownFields: "ignore" }, '[{"a":1}]'],
    ["other members that are refused", { kind: "json" }, '[{"a":1},{"a":2}]'],
    ["empty objects", { kind: "jsonl" }, "{}\n{}\n"],
    ["lines that are not JSON", { kind: "jsonl" }, "<html>\n</html>\n"],
    ["another XML", { kind: "xml", unknownFields: "ignore" }, "<html><body><p>x</p></body></html>"],
  ])("%s", async (_, options, file) => {
    expect(await check(options, file, { columns: OPTIONAL })).toMatch(
      /^it lacks the column\(s\) "id", "price"; it has /,
    );
  });
});

describe("a file is taken", () => {
  test.each<[what: string, ImportOptions, string]>([
    ["without rows, and so without members", { kind: "json" }, "[]"],
    ["without rows, XML", { kind: "xml" }, "<a/>"],
    ["where only some rows have a member", { kind: "jsonl" }, '{"id":1}\n{"id":2,"price":3}\n'],
    ["with names in another case", { kind: "jsonl" }, '{"ID":1," Price":3}\n'],
    ["with a value that is too long", { kind: "jsonl", maxFieldLength: 1 }, '{"id":12,"price":3}'],
    ["that is an error file of rows to be mended", { kind: "jsonl" }, '{"WaybillRaw":"x"}'],
  ])("%s", async (_, options, file) => {
    // a row that fails names its fields up to there
    const columns = "maxFieldLength" in options ? [{ name: "id" }] : ID_AND_PRICE;
    expect(await check(options, file, { columns })).toBe("taken");
  });
});

test("names that two fields could mean are not guessed, and the refusal says so", async () => {
  expect(await check({ kind: "csv" }, "id,Price,PRICE\n", { columns: ID_AND_PRICE })).toBe(
    'it lacks the column(s) "price"; it has "id", "Price", "PRICE"; more than one name could be meant for "price"',
  );
});

test("an import of facts and constants alone takes any file", async () => {
  expect(await check({ kind: "csv" }, "a,b\n1,2\n", { columns: [{ constant: 1 }] })).toBe("taken");
});

test("a long file that names its fields in each row is judged at its end", async () => {
  const file = `${'{"id":1}\n'.repeat(5_000)}`;
  const late = `${file}{"id":2,"price":3}\n`;

  expect(await check({ kind: "jsonl" }, file, { columns: ID_AND_PRICE })).toBe("taken");
  expect(await check({ kind: "jsonl" }, file, { columns: ID_AND_PRICE, atEnd: true })).toContain(
    '"price"',
  );
  expect(await check({ kind: "jsonl" }, late, { columns: ID_AND_PRICE, atEnd: true })).toBe(
    "taken",
  );
});

test("a long file with none of the columns is refused before its first row is handed out", async () => {
  const file = '{"a":1}\n'.repeat(5_000);

  expect(
    await check({ kind: "jsonl", unknownFields: "ignore" }, file, { columns: OPTIONAL }),
  ).toContain('it has "a"');
});

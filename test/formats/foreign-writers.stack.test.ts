import { mkdtemp, readFile as readBytes, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decompress } from "../../src/formats/decompression.ts";
import type { GivenRow, Row } from "../../src/formats/rows.ts";
import { writtenByPython } from "./foreign-writers.ts";
import { controlTexts, texts } from "./nasty-rows.ts";
import { chunked, type ImportOptions, readFile, rowsOf } from "./read-file.ts";

const NAMES = ["id", "Order Date", "note"];
const all = [...texts, ...controlTexts].map((text, index): Row => [String(index), text, "x"]);
const forXml = texts.map((text, index): Row => [String(index), text, "x"]);
const input = { names: NAMES, rows: all };

/** Python's csv writes nothing for None and, unless it quotes all, for an empty text. */
const emptyAsNull = (rows: readonly Row[]): readonly Row[] =>
  rows.map((row) => row.map((cell) => cell || null));
const nullAsEmpty = (rows: readonly Row[]): readonly Row[] =>
  rows.map((row) => row.map((cell) => cell ?? ""));

function pythonCsv(encoding: string, dialect = ""): string {
  return `
import csv, io
text = io.StringIO(newline="")
csv.writer(text${dialect}).writerows([input["names"], *input["rows"]])
result = text.getvalue().encode("${encoding}", "surrogatepass")`;
}

const CSV_FILES = [
  { encoding: "utf-8", dialect: "", options: {}, rows: emptyAsNull(all) },
  { encoding: "utf-8", dialect: ", csv.unix_dialect", options: {}, rows: nullAsEmpty(all) },
  {
    encoding: "utf-8-sig",
    dialect: ', delimiter=";"',
    options: { delimiter: ";" },
    rows: emptyAsNull(all),
  },
  {
    encoding: "utf-16",
    dialect: ", csv.excel_tab",
    options: { delimiter: "\t" },
    rows: emptyAsNull(all),
  },
  { encoding: "utf-16-le", dialect: "", options: {}, rows: emptyAsNull(all) },
  {
    encoding: "utf-16-be",
    dialect: "",
    options: { encoding: "utf-16be" },
    rows: emptyAsNull(all),
  },
];

test.each(CSV_FILES)("csv reads what Python's csv writes in $encoding$dialect", async (file) => {
  const bytes = writtenByPython(pythonCsv(file.encoding, file.dialect), input);

  const read = await readFile({ kind: "csv", ...file.options }, chunked(bytes, [1_000]));

  expect(read).toMatchObject({ columns: NAMES, failures: [] });
  expect(read.rows).toEqual(file.rows);
});

test("csv reads what Python's csv writes in windows-1252", async () => {
  const rows = [["1", "Größe – 5 €", "ž"]];
  const file = writtenByPython(pythonCsv("cp1252"), { names: NAMES, rows });

  expect(await rowsOf({ kind: "csv", encoding: "windows-1252" }, file)).toEqual(rows);
});

const OBJECTS = `[dict(zip(input["names"], row)) for row in input["rows"]]`;

test.each<[script: string, options: ImportOptions]>([
  [`json.dumps(${OBJECTS}).encode()`, { kind: "json" }],
  [`json.dumps(${OBJECTS}, ensure_ascii=False, indent=2).encode("utf-16")`, { kind: "json" }],
  [
    `json.dumps({"meta": {"n": 1}, "value": ${OBJECTS}}, separators=(",", ":")).encode()`,
    { kind: "json", rowsAt: "value" },
  ],
  [`"".join(json.dumps(row) + "\\n" for row in ${OBJECTS}).encode()`, { kind: "jsonl" }],
  [
    `"\\r\\n".join(json.dumps(row, ensure_ascii=False) for row in ${OBJECTS}).encode("utf-8-sig")`,
    { kind: "jsonl" },
  ],
])("JSON reads %s", async (script, options) => {
  const file = writtenByPython(`result = ${script}`, input);

  const read = await readFile(options, chunked(file, [1_000]));

  expect(read).toMatchObject({ columns: NAMES, failures: [] });
  expect(read.rows).toEqual(all);
});

test("JSON keeps every digit that Python writes", async () => {
  const script = `
from decimal import Decimal
result = json.dumps([{"a": 2**100, "b": 0.1 + 0.2, "c": -1e-300, "d": True, "e": {"f": [1.0]}}]).encode()`;

  const [row] = await rowsOf({ kind: "json" }, writtenByPython(script, null));

  expect(row).toEqual([
    "1267650600228229401496703205376",
    "0.30000000000000004",
    "-1e-300",
    "true",
    '{"f": [1.0]}',
  ]);
});

/** ElementTree writes a bare carriage return, which parsers turn into a line feed. A null is not mentioned. */
const asWritten = (rows: readonly Row[]): readonly GivenRow[] =>
  rows.map((row) => row.map((cell) => cell?.replace(/\r\n?/g, "\n")));

function pythonXml(write: string): string {
  return `
import xml.etree.ElementTree as ET
names = ["id", "Order_x0020_Date", "note"]
root = ET.Element("{urn:shop}rows")
for values in input["rows"]:
    row = ET.SubElement(root, "{urn:shop}row")
    for name, value in zip(names, values):
        if value is not None:
            ET.SubElement(row, name).text = value
result = ${write}`;
}

test.each<[write: string, options: object]>([
  ['ET.tostring(root, encoding="utf-8")', {}],
  ['ET.tostring(root, encoding="utf-8", xml_declaration=True)', { rowElement: "row" }],
  ['ET.tostring(root, encoding="utf-16", xml_declaration=True)', {}],
  ['ET.tostring(root, encoding="us-ascii", xml_declaration=True)', {}],
  ['ET.tostring(root, encoding="iso-8859-1", xml_declaration=True)', { encoding: "windows-1252" }],
])("xml reads what ElementTree writes by %s", async (write, options) => {
  const rows = forXml.filter(
    (row) => !/[\u0080-\u009F]/.test(row[1] ?? "") || !("encoding" in options),
  );
  const file = writtenByPython(pythonXml(write), { rows });

  const read = await rowsOf({ kind: "xml", ...options }, chunked(file, [1_000]), NAMES);

  expect(read).toEqual(asWritten(rows));
});

test("gzip of Python is unpacked and read", async () => {
  const file = writtenByPython(
    `import gzip\n${pythonCsv("utf-8")}\nresult = gzip.compress(result)`,
    input,
  );

  expect(await rowsOf({ kind: "csv" }, decompress(chunked(file, [999]), "auto"))).toEqual(
    emptyAsNull(all),
  );
});

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-foreign-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

// A byte order mark first in a text and a NUL are lost in the binding, before DuckDB sees them.
const forDuckDb = all.filter((row) => !row[1]?.includes("\uFFFE"));

/** A file that DuckDB writes of all rows. */
async function writtenByDuckDb(options: string): Promise<Buffer> {
  const path = join(folder, "file");
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    await connection.run('CREATE TABLE items (id VARCHAR, "Order Date" VARCHAR, note VARCHAR)');
    const insert = await connection.prepare("INSERT INTO items VALUES ($1, $2, $3)");
    for (const row of forDuckDb) {
      for (const [index, cell] of row.entries()) {
        if (cell === null) {
          insert.bindNull(index + 1);
        } else {
          insert.bindVarchar(index + 1, cell);
        }
      }
      await insert.run();
    }
    await connection.run(
      `COPY (FROM items ORDER BY CAST(id AS INTEGER)) TO '${path}' (${options})`,
    );
    return await readBytes(path);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

test.each<[options: string, read: ImportOptions]>([
  ["FORMAT csv", { kind: "csv" }],
  ["FORMAT csv, FORCE_QUOTE *, DELIMITER '|'", { kind: "csv", delimiter: "|" }],
  [
    "FORMAT csv, HEADER false, NULLSTR 'NULL'",
    { kind: "csv", header: false, columns: NAMES, nullText: "NULL" },
  ],
  ["FORMAT json", { kind: "jsonl" }],
  ["FORMAT json, ARRAY true", { kind: "json" }],
])("what DuckDB writes by %s is read", async (options, read) => {
  const result = await readFile(read, chunked(await writtenByDuckDb(options), [1_000]));

  expect(result).toMatchObject({ columns: NAMES, failures: [] });
  expect(result.rows).toEqual(forDuckDb);
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { readByPython } from "../foreign-readers.ts";
import { byteOrderMarkText, columns, controlTexts, rows, rowsOf, texts } from "../nasty-rows.ts";
import { bytesOf } from "../write-file.ts";

const allRows = rowsOf([byteOrderMarkText, ...texts, ...controlTexts]);
const header = columns.map(({ name }) => name);
/** Python's csv reads a null and an empty text alike. */
const asPythonReads = [header, ...allRows.map((row) => row.map((cell) => cell ?? ""))];

function pythonCsv(encoding: string, dialect = ""): string {
  return `
import csv, io
csv.field_size_limit(10_000_000)
text = io.TextIOWrapper(io.BytesIO(data), encoding="${encoding}", newline="")
result = list(csv.reader(text, strict=True${dialect}))`;
}

test.each([{}, { quoting: "all" }, { quoting: "text" }, { lineEnd: "lf" }])(
  "Python's csv reads what csv writes with %j",
  async (options) => {
    const file = await bytesOf({ kind: "csv", ...options }, columns, allRows);

    expect(readByPython(pythonCsv("utf-8"), file)).toEqual(asPythonReads);
  },
);

test("Python's csv reads a UTF-16 file by its byte order mark", async () => {
  const file = await bytesOf({ kind: "csv", encoding: "utf-16le" }, columns, allRows);

  expect(readByPython(pythonCsv("utf-16"), file)).toEqual(asPythonReads);
});

test("Python's csv reads a semicolon file with a byte order mark", async () => {
  const file = await bytesOf({ kind: "csv", delimiter: ";", bom: true }, columns, allRows);

  expect(readByPython(pythonCsv("utf-8-sig", ', delimiter=";"'), file)).toEqual(asPythonReads);
});

test("Python reads formulas with the apostrophe when excelSafe", async () => {
  const file = await bytesOf({ kind: "csv", excelSafe: true, header: false }, columns.slice(0, 2), [
    ["-1", "=1+1"],
    ["2", "2-1"],
  ]);

  expect(readByPython(pythonCsv("utf-8"), file)).toEqual([
    ["-1", "'=1+1"],
    ["2", "2-1"],
  ]);
});

/** Reads a csv file by DuckDB, which tells a null from an empty text; every cell as text. */
async function readByDuckDb(file: Buffer): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), "waybill-csv-"));
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    const path = join(folder, "file.csv");
    await writeFile(path, file);
    const reader = await connection.runAndReadAll(
      `SELECT * FROM read_csv('${path}', header = true, delim = ',', quote = '"', escape = '"', nullstr = '',
        allow_quoted_nulls = false, all_varchar = true, auto_detect = false, max_line_size = 1000000,
        columns = {${header.map((name) => `'${name}': 'VARCHAR'`).join(", ")}}) ORDER BY CAST(id AS INTEGER)`,
    );
    return reader.getRowsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true });
  }
}

test("DuckDB reads every value back, nulls and empty texts apart", async () => {
  const readable = rowsOf([...texts, ...controlTexts]);
  const file = await bytesOf({ kind: "csv" }, columns, readable);

  expect(await readByDuckDb(file)).toEqual(readable);
});

test("DuckDB reads every value back when all is quoted", async () => {
  const file = await bytesOf({ kind: "csv", quoting: "all" }, columns, rows);

  expect(await readByDuckDb(file)).toEqual(rows);
});

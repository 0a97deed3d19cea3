import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { compress } from "../../../src/formats/compression.ts";
import type { Cell, Row } from "../../../src/formats/rows.ts";
import { readByPython } from "../foreign-readers.ts";
import { byteOrderMarkText, columns, controlTexts, rows, rowsOf, texts } from "../nasty-rows.ts";
import { batchesOf, bytesOf, collected } from "../write-file.ts";

const allRows = rowsOf([byteOrderMarkText, ...texts, ...controlTexts, "\u0000 null character"]);

/** Reads numbers as the digits in the file, so that none is rounded, and marks them so that they differ from strings. */
const KEEP_DIGITS = "parse_int=lambda t: {'number': t}, parse_float=lambda t: {'number': t}";

/** A cell as read by a JSON reader that keeps digits. */
function asRead(cell: Cell, type: string): unknown {
  if (cell === null) {
    return null;
  }
  switch (type) {
    case "integer":
    case "decimal":
    case "double":
      return { number: cell };
    case "boolean":
      return cell === "true";
    case "json":
      return withMarkedNumbers(cell);
    default:
      return cell;
  }
}

/** Parses JSON as Python does with KEEP_DIGITS. */
function withMarkedNumbers(text: string): unknown {
  return JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === "number" ? { number: context?.source } : value,
  );
}

function objectsOf(all: readonly Row[]): unknown[] {
  return all.map((row) =>
    Object.fromEntries(
      row.map((cell, index) => [columns[index]?.name, asRead(cell, columns[index]?.type ?? "")]),
    ),
  );
}

test("Python reads every value of a json file back, digit by digit", async () => {
  const file = await bytesOf({ kind: "json" }, columns, allRows);

  expect(readByPython(`result = json.loads(data, ${KEEP_DIGITS})`, file)).toEqual(
    objectsOf(allRows),
  );
});

test("Python reads jsonl line by line, by its widest notion of a line", async () => {
  const file = await bytesOf({ kind: "jsonl" }, columns, allRows);

  const script = `result = [json.loads(line, ${KEEP_DIGITS}) for line in data.decode().splitlines()]`;
  expect(readByPython(script, file)).toEqual(objectsOf(allRows));
});

test("Python unpacks a compressed file and reads it", async () => {
  const plain = await bytesOf({ kind: "jsonl" }, columns, allRows);
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const bytes of batchesOf([[plain.toString()]])) {
      yield Buffer.from(bytes[0]?.[0] ?? "");
    }
  }

  const file = Buffer.concat(await collected(compress(chunks(), "gzip")));

  expect(readByPython("import gzip\nresult = gzip.decompress(data).decode()", file)).toBe(
    plain.toString(),
  );
});

const DUCKDB_TYPES: Readonly<Record<string, string>> = {
  integer: "BIGINT",
  decimal: "DECIMAL(38,10)",
  boolean: "BOOLEAN",
  json: "JSON",
  // DuckDB keeps microseconds only in a timestamp without a zone.
  date: "DATE",
  uuid: "UUID",
};

// DuckDB reads a number token into a double before it makes a decimal of it: decimals are strings here.
test("DuckDB reads jsonl into typed columns without losing a digit", async () => {
  const folder = await mkdtemp(join(tmpdir(), "waybill-jsonl-"));
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  const file = join(folder, "file.jsonl");
  await writeFile(file, await bytesOf({ kind: "jsonl", decimals: "string" }, columns, rows));
  const types = columns.map(({ name, type }) => `'${name}': '${DUCKDB_TYPES[type] ?? "VARCHAR"}'`);

  const reader = await connection.runAndReadAll(
    `SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_json('${file}', format = 'newline_delimited',
      columns = {${types.join(", ")}}) ORDER BY CAST(id AS INTEGER)`,
  );

  const expected = rows.map((row) =>
    row.map((cell, index) => asDuckDbWrites(cell, columns[index]?.type)),
  );
  expect(reader.getRowsJson()).toEqual(expected);
  connection.closeSync();
  instance.closeSync();
  await rm(folder, { recursive: true });
});

/** Decimals have the column's scale; numbers inside JSON are doubles. */
function asDuckDbWrites(cell: Cell, type: string | undefined): Cell {
  if (cell === null || (type !== "decimal" && type !== "json")) {
    return cell;
  }
  if (type === "json") {
    return cell.replace("2.50", "2.5");
  }
  const [whole = "", fraction = ""] = cell.split(".");
  return `${whole}.${fraction.padEnd(10, "0")}`;
}

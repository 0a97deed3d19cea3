import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Cell, Column, Row } from "../../../src/formats/rows.ts";
import { controlTexts, columns as nastyColumns, rowsOf, texts } from "../nasty-rows.ts";
import { bytesOf } from "../write-file.ts";

let folder: string;
let instance: DuckDBInstance;
let duckDb: DuckDBConnection;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-parquet-"));
  instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  duckDb = await instance.connect();
});
afterAll(async () => {
  duckDb.closeSync();
  instance.closeSync();
  await rm(folder, { recursive: true });
});

type Options = Omit<Parameters<typeof bytesOf>[0], "kind">;

/** Writes a file. @returns its name, in quotes for SQL */
async function written(
  columns: readonly Column[],
  rows: readonly Row[],
  options: Options = {},
): Promise<string> {
  const file = join(folder, "file.parquet");
  await writeFile(file, await bytesOf({ kind: "parquet", ...options }, columns, rows));
  return `'${file}'`;
}

async function queried(sql: string): Promise<readonly (readonly unknown[])[]> {
  return (await duckDb.runAndReadAll(sql)).getRowsJson();
}

const bounds = {
  id: { bits: 32 },
  big: { bits: 64 },
  amount: { precision: 38, scale: 10 },
} as const;
const columns = nastyColumns.map(
  (column): Column =>
    column.name in bounds ? { ...column, bounds: bounds[column.name as "id"] } : column,
);
const nastyRows = rowsOf([...texts, ...controlTexts, "\u0000 null character", "\uFEFF mark"]);

/** How the canonical text of each type is asked for. */
const AS_TEXT: Readonly<Record<string, (name: string) => string>> = {
  time: (name) => `strftime('2000-01-01'::date + ${name}, '%H:%M:%S.%f')`,
  datetime: (name) => `strftime(${name} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')`,
  "local-datetime": (name) => `strftime(${name}, '%Y-%m-%dT%H:%M:%S.%f')`,
  binary: (name) => `base64(${name})`,
  // DuckDB's binding for Node drops a byte order mark at the start of a text
  string: (name) => `base64(encode(${name}))`,
};

function expected(cell: Cell, { type, name }: Column): Cell {
  if (cell === null) {
    return null;
  }
  if (type === "string") {
    return Buffer.from(cell).toString("base64");
  }
  if (name === "amount") {
    const [whole = "", fraction = ""] = cell.split(".");
    return `${whole}.${fraction.padEnd(10, "0")}`;
  }
  if (type === "double") {
    return String(Number(cell));
  }
  if (type === "time" || type === "datetime" || type === "local-datetime") {
    const [, start = "", fraction = "", zone] = /^(.*:\d\d)(?:\.(\d+))?(Z?)$/.exec(cell) ?? [];
    return `${start}.${fraction.padEnd(6, "0")}${zone}`;
  }
  return cell;
}

test.each(["snappy", "none"])(
  "DuckDB reads every value of a parquet file back, with codec %s",
  async (codec) => {
    const file = await written(columns, nastyRows, { codec });

    const selected = columns.map(
      ({ name, type }) => AS_TEXT[type]?.(`"${name}"`) ?? `"${name}"::varchar`,
    );
    const rows = await queried(`select ${selected.join(", ")} from ${file} order by id`);

    const all = nastyRows.map((row) =>
      row.map((cell, index) => expected(cell, columns[index] as Column)),
    );
    expect(rows.map((row) => row.map((cell, index) => asDouble(cell, columns[index])))).toEqual(
      all,
    );
  },
);

/** DuckDB and JavaScript spell a double's exponent differently. */
function asDouble(cell: unknown, column: Column | undefined): unknown {
  return column?.type === "double" && cell !== null ? String(Number(cell)) : cell;
}

test("each type of column has the logical type that readers look for", async () => {
  const file = await written(
    [
      ...columns,
      { name: "cents", type: "decimal", bounds: { precision: 9, scale: 2 } },
      { name: "euros", type: "decimal", bounds: { precision: 18, scale: 0 } },
      { name: "any", type: "decimal" },
      { name: "huge", type: "decimal", bounds: { precision: 39, scale: 0 } },
    ],
    [],
  );

  const described = await queried(`describe select * from ${file}`);
  const schema = await queried(
    `select concat_ws(' ', name, type, logical_type, repetition_type) from parquet_schema(${file}) offset 1`,
  );

  expect(described.map(([name, type]) => [name, type])).toEqual([
    ["id", "INTEGER"],
    ["text", "VARCHAR"],
    ["big", "BIGINT"],
    ["amount", "DECIMAL(38,10)"],
    ["ratio", "DOUBLE"],
    ["active", "BOOLEAN"],
    ["day", "DATE"],
    ["clock", "TIME"],
    ["changed", "TIMESTAMP WITH TIME ZONE"],
    ["local", "TIMESTAMP"],
    ["key", "VARCHAR"],
    ["extra", "VARCHAR"],
    ["bytes", "BLOB"],
    ["cents", "DECIMAL(9,2)"],
    ["euros", "DECIMAL(18,0)"],
    ["any", "VARCHAR"],
    ["huge", "VARCHAR"],
  ]);
  expect(schema.flat()).toMatchInlineSnapshot(`
    [
      "id INT32 OPTIONAL",
      "text BYTE_ARRAY StringType() OPTIONAL",
      "big INT64 OPTIONAL",
      "amount FIXED_LEN_BYTE_ARRAY DecimalType(scale=10, precision=38) OPTIONAL",
      "ratio DOUBLE OPTIONAL",
      "active BOOLEAN OPTIONAL",
      "day INT32 DateType() OPTIONAL",
      "clock INT64 TimeType(isAdjustedToUTC=0, unit=TimeUnit(MILLIS=<null>, MICROS=MicroSeconds(), NANOS=<null>)) OPTIONAL",
      "changed INT64 TimestampType(isAdjustedToUTC=1, unit=TimeUnit(MILLIS=<null>, MICROS=MicroSeconds(), NANOS=<null>)) OPTIONAL",
      "local INT64 TimestampType(isAdjustedToUTC=0, unit=TimeUnit(MILLIS=<null>, MICROS=MicroSeconds(), NANOS=<null>)) OPTIONAL",
      "key BYTE_ARRAY StringType() OPTIONAL",
      "extra BYTE_ARRAY StringType() OPTIONAL",
      "bytes BYTE_ARRAY OPTIONAL",
      "cents INT32 DecimalType(scale=2, precision=9) OPTIONAL",
      "euros INT64 DecimalType(scale=0, precision=18) OPTIONAL",
      "any BYTE_ARRAY StringType() OPTIONAL",
      "huge BYTE_ARRAY StringType() OPTIONAL",
    ]
  `);
});

test("a file without rows has its columns", async () => {
  const file = await written(columns, []);

  expect(await queried(`select count(*) from ${file}`)).toEqual([["0"]]);
  expect(await queried(`select num_row_groups from parquet_file_metadata(${file})`)).toEqual([
    ["0"],
  ]);
});

test("columns of nothing but nulls are read back", async () => {
  const file = await written(columns, [columns.map(() => null), columns.map(() => null)]);

  const counts = columns.map(({ name }) => `count("${name}")`).join(", ");
  expect(await queried(`select count(*), ${counts} from ${file}`)).toEqual([
    ["2", ...columns.map(() => "0")],
  ]);
});

test("many row groups hold every row once, in order", async () => {
  const many: Column[] = [
    { name: "n", type: "integer", bounds: { bits: 32 } },
    { name: "amount", type: "decimal", bounds: { precision: 38, scale: 2 } },
    { name: "town", type: "string" },
  ];
  const rows = Array.from({ length: 25_001 }, (_, n) => [
    String(n),
    n % 7 === 0 ? null : `${n}.10`,
    `town ${n % 5}`,
  ]);
  const file = await written(many, rows);

  expect(
    await queried(`select num_row_groups, num_rows from parquet_file_metadata(${file})`),
  ).toEqual([["3", "25001"]]);
  expect(
    await queried(
      `select count(*), count(distinct n), max(n), sum(amount)::varchar, count(distinct town),
         bool_and(n = file_row_number) from read_parquet(${file}, file_row_number = true)`,
    ),
  ).toEqual([["25001", "25001", 25_000, sumOf(rows), "5", true]]);
});

/** The sum of the second cells, which end in `.10`. */
function sumOf(rows: readonly Row[]): string {
  const tenths = rows.reduce((sum, [, cell]) => sum + Math.round(Number(cell ?? 0) * 10), 0);
  return `${tenths / 10}0`;
}

test("wide rows are cut into groups by their length", async () => {
  const rows = Array.from({ length: 20 }, (_, n) => [String(n), "x".repeat(1_000_000)]);
  const file = await written(
    [
      { name: "n", type: "integer" },
      { name: "wide", type: "string" },
    ],
    rows,
  );

  expect(await queried(`select num_row_groups from parquet_file_metadata(${file})`)).toEqual([
    ["3"],
  ]);
  expect(await queried(`select sum(n), sum(length(wide)) from ${file}`)).toEqual([
    ["190", "20000000"],
  ]);
});

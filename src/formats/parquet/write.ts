import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import type { FileWriter } from "../format.ts";
import type { Cell, Column, Row } from "../rows.ts";
import { type ColumnKind, columnKind, type ParquetValue } from "./column-kind.ts";
import type { ParquetExport } from "./options.ts";

/**
 * Apache Parquet: row groups of typed columns, then the footer that describes them.
 *
 * | what              | logical type                   | stored as                                              |
 * |-------------------|--------------------------------|--------------------------------------------------------|
 * | null              | every column may hold nulls    |                                                        |
 * | string, uuid, json | STRING                        | BYTE_ARRAY, UTF-8; a lone surrogate becomes U+FFFD     |
 * | boolean           |                                | BOOLEAN                                                |
 * | integer           |                                | INT32 where the source says that it fits, else INT64; a longer one is refused |
 * | decimal, with a known precision of up to 38 | DECIMAL(precision, scale) | INT32, INT64 or FIXED_LEN_BYTE_ARRAY(16), by the precision |
 * | any other decimal | STRING                         | BYTE_ARRAY: its canonical text, every digit            |
 * | double            |                                | DOUBLE, with NaN and infinities                        |
 * | date              | DATE                           | INT32                                                  |
 * | time              | TIME(MICROS), no zone          | INT64; a part of a microsecond is refused              |
 * | datetime          | TIMESTAMP(MICROS), in UTC      | INT64; the same                                        |
 * | local-datetime    | TIMESTAMP(MICROS), no zone     | INT64; the same                                        |
 * | binary            |                                | BYTE_ARRAY                                             |
 *
 * The precision of a decimal comes from the source: a declared `numeric(p,s)`. A `numeric` without precision can exceed
 * every Parquet decimal. A conversion in the export's columns declares no precision.
 *
 * Memory holds one row group, and about 1 kB for each earlier group and column, for the footer. No other process can
 * continue the file, so one invocation writes all of it.
 *
 * @see https://parquet.apache.org/docs/file-format/
 */
export function parquetWriter(
  columns: readonly Column[],
  _entity: string,
  { codec }: ParquetExport,
): FileWriter {
  if (columns.length === 0) {
    throw new RangeError("Cannot write a parquet file: the rows have no columns");
  }
  const kinds = columns.map(columnKind);
  const bytes = new ByteWriter();
  const file = new ParquetWriter({
    writer: bytes,
    schema: schemaOf(columns, kinds),
    codec: codec === "snappy" ? "SNAPPY" : "UNCOMPRESSED",
    createdBy: "waybill",
  });
  let group = rowGroup(columns, kinds);

  const writeGroup = (): void => {
    // the writer writes to memory, so nothing has to be awaited
    void file.write({ columnData: group.columns(), rowGroupSize: group.rowCount() });
    detachStatistics(file);
    group = rowGroup(columns, kinds);
  };
  return {
    start: () => taken(bytes),
    rows: (batch) => {
      for (const row of batch) {
        group.add(row);
        if (group.isFull()) {
          writeGroup();
        }
      }
      return taken(bytes);
    },
    end: () => {
      if (group.rowCount() > 0) {
        writeGroup();
      }
      void file.finish();
      return taken(bytes);
    },
  };
}

/** Bytes written since the last call. They are copied, because the library reuses its memory. */
function taken(bytes: ByteWriter): Buffer {
  const written = Buffer.from(bytes.getBytes());
  bytes.index = 0;
  return written;
}

/** A text that was cut from a longer one would keep the longer one in memory until the end, so it is copied. */
function detachStatistics({ row_groups }: ParquetWriter): void {
  for (const { meta_data } of row_groups.at(-1)?.columns ?? []) {
    const { statistics } = meta_data ?? {};
    if (typeof statistics?.min_value === "string" && typeof statistics.max_value === "string") {
      statistics.min_value = Buffer.from(statistics.min_value).toString();
      statistics.max_value = Buffer.from(statistics.max_value).toString();
    }
  }
}

function schemaOf(columns: readonly Column[], kinds: readonly ColumnKind[]): SchemaElement[] {
  const elements = columns.map(
    ({ name }, index): SchemaElement => ({
      ...(kinds[index] as ColumnKind).schema,
      name,
      repetition_type: "OPTIONAL",
    }),
  );
  return [{ name: "rows", num_children: columns.length }, ...elements];
}

/** Larger groups need more memory and make the file hardly smaller. */
const MAX_ROWS = 10_000;
/** Characters of all values in a group, so that wide rows need no more memory. */
const MAX_LENGTH = 8 * 1024 * 1024;
/** The least and the greatest text of each group stay in memory until the end, so long texts are left out. */
const MAX_STATISTICS_LENGTH = 64;

interface RowGroup {
  add(row: Row): void;
  isFull(): boolean;
  rowCount(): number;
  columns(): {
    name: string;
    data: (ParquetValue | null)[];
    statistics: boolean;
    offsetIndex: false;
  }[];
}

function rowGroup(columns: readonly Column[], kinds: readonly ColumnKind[]): RowGroup {
  const values = columns.map((): (ParquetValue | null)[] => []);
  const longest = columns.map(() => 0);
  let rows = 0;
  let length = 0;
  return {
    add: (row) => {
      for (let index = 0; index < kinds.length; index += 1) {
        const cell = row[index] as Cell;
        const size = cell?.length ?? 0;
        length += size;
        longest[index] = Math.max(longest[index] as number, size);
        values[index]?.push(cell === null ? null : (kinds[index] as ColumnKind).value(cell));
      }
      rows += 1;
    },
    isFull: () => rows >= MAX_ROWS || length >= MAX_LENGTH,
    rowCount: () => rows,
    columns: () =>
      columns.map(({ name }, index) => ({
        name,
        data: values[index] ?? [],
        statistics: (longest[index] as number) <= MAX_STATISTICS_LENGTH,
        offsetIndex: false,
      })),
  };
}

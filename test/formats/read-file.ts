import { RowImportFormat } from "../../src/formats/import-format.ts";
import { readRows } from "../../src/formats/read-rows.ts";
import { type ReadFailure, rowNumbers, type UnreadRow } from "../../src/formats/row-sink.ts";
import type { GivenRow } from "../../src/formats/rows.ts";

export interface ImportOptions {
  readonly kind: RowImportFormat["kind"];
  readonly [option: string]: unknown;
}

/** Parses options as a definition holds them, so that tests name only what they choose. */
export function importOptions(options: ImportOptions): RowImportFormat {
  return RowImportFormat.parse(options);
}

export interface FileRead {
  readonly columns: readonly string[];
  readonly rows: readonly GivenRow[];
  /** The rows' numbers. */
  readonly numbers: readonly number[];
  readonly failures: readonly ReadFailure[];
  /** The failures' rows as they stand in the file. */
  readonly raw: readonly (string | null)[];
}

/** Reads a whole file. @param columns what the import declares */
export async function readFile(
  options: ImportOptions,
  file: string | Uint8Array | AsyncIterable<Uint8Array>,
  columns?: readonly string[],
): Promise<FileRead> {
  const bytes = typeof file === "string" ? Buffer.from(file) : file;
  const chunks = Symbol.asyncIterator in bytes ? bytes : chunked(bytes, [bytes.length]);
  const read = await readRows(chunks, { format: importOptions(options), columns });
  const rows: GivenRow[] = [];
  const numbers: number[] = [];
  const unread: UnreadRow[] = [];
  for await (const batch of read.batches) {
    numbers.push(...rowNumbers(batch));
    rows.push(...batch.rows);
    unread.push(...batch.failures);
  }
  return {
    columns: read.columns,
    rows,
    numbers,
    failures: unread.map(({ row, field, value, reason }) => ({ row, field, value, reason })),
    raw: unread.map(({ raw }) => raw),
  };
}

/** Rows of a file that has no failures. */
export async function rowsOf(
  ...request: Parameters<typeof readFile>
): Promise<readonly GivenRow[]> {
  const { rows, failures } = await readFile(...request);
  if (failures.length > 0) {
    throw new Error(`rows failed: ${JSON.stringify(failures.slice(0, 3))}`);
  }
  return rows;
}

/** Cuts bytes into chunks of these lengths, again and again. */
export async function* chunked(
  bytes: Uint8Array,
  lengths: readonly number[],
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const length = Math.max(lengths[index % lengths.length] ?? 1, 1);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** Bytes made as they are read: `start`, then `piece` so many times, then `end`. */
export async function* repeated(
  start: string,
  { piece, times }: { readonly piece: string; readonly times: number },
  end = "",
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(start);
  const block = Buffer.from(piece);
  for (let count = 0; count < times; count += 1) {
    yield block;
  }
  yield Buffer.from(end);
}

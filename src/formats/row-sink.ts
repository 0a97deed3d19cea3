import type { RowProblem } from "./row-problem.ts";
import type { GivenRow } from "./rows.ts";
import type { SeenFields } from "./seen-fields.ts";

/** Why one row was not read. */
export interface ReadFailure {
  /** Number of the row in the file, from 1, not counting the header. */
  readonly row: number;
  /** Column at fault, if it is known. */
  readonly field: string | null;
  /** The value, shortened. */
  readonly value: string | null;
  /** Reason, in words that a partner can act on. */
  readonly reason: string;
}

/** A row that could not be read, with its text for the error file. */
export interface UnreadRow extends ReadFailure {
  /** Text of the row in the file, without its line end; null when it is too long to be kept. */
  readonly raw: string | null;
}

/**
 * Rows that follow each other in the file. Each row from `firstRow` on is either in `rows` or in `failures`. So the
 * numbers of `rows` are those without a failure, see {@link rowNumbers}.
 */
export interface RowBatch {
  readonly firstRow: number;
  /** Cells as in the file, without a type, one for each column. */
  readonly rows: readonly GivenRow[];
  readonly failures: readonly UnreadRow[];
}

/** The number in the file of each of the batch's rows. */
export function rowNumbers({ firstRow, rows, failures }: RowBatch): number[] {
  const failed = new Set(failures.map(({ row }) => row));
  const numbers: number[] = [];
  for (let row = firstRow; numbers.length < rows.length; row += 1) {
    if (!failed.has(row)) {
      numbers.push(row);
    }
  }
  return numbers;
}

/** Collects the rows of a reader and bounds the size of one batch. */
export interface RowSink {
  /** Null until the reader knows the columns. */
  readonly columns: readonly string[] | null;
  nameColumns(names: readonly string[]): void;
  /** Called for rows that name their own fields, when the import declares its fields. */
  noteFields(seen: () => SeenFields): void;
  /** Fields named by the rows so far; null where the columns are known from elsewhere. */
  readonly seen: SeenFields | null;
  /** @param length characters of the row in the file */
  row(cells: GivenRow, length: number): void;
  fail(problem: RowProblem, raw: string | null): void;
  /** Number of the next row. */
  readonly nextRow: number;
  /** Whether the reader must pause until the batch is taken. */
  readonly full: boolean;
  readonly isEmpty: boolean;
  /** @returns the rows since the last call */
  take(): RowBatch;
}

const MAX_ROWS = 1_000;
const MAX_LENGTH = 1_048_576;
const MAX_CELLS = 200_000;

export function rowSink(): RowSink {
  let columns: readonly string[] | null = null;
  let seen: (() => SeenFields) | null = null;
  let maxRows = MAX_ROWS;
  let firstRow = 1;
  let rows: GivenRow[] = [];
  let failures: UnreadRow[] = [];
  let length = 0;
  const nextRow = (): number => firstRow + rows.length + failures.length;
  return {
    get columns() {
      return columns;
    },
    nameColumns: (names) => {
      columns = names;
      maxRows = Math.min(MAX_ROWS, Math.ceil(MAX_CELLS / names.length));
    },
    noteFields: (seenSoFar) => {
      seen = seenSoFar;
    },
    get seen() {
      return seen?.() ?? null;
    },
    row: (cells, rowLength) => {
      rows.push(cells);
      length += rowLength;
    },
    fail: ({ field, value, message }, raw) => {
      failures.push({ row: nextRow(), field, value, reason: message, raw });
      length += raw?.length ?? 0;
    },
    get nextRow() {
      return nextRow();
    },
    get full() {
      return rows.length + failures.length >= maxRows || length >= MAX_LENGTH;
    },
    get isEmpty() {
      return rows.length + failures.length === 0;
    },
    take: () => {
      const batch = { firstRow, rows, failures };
      firstRow = nextRow();
      rows = [];
      failures = [];
      length = 0;
      return batch;
    },
  };
}

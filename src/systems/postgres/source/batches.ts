import { AppError } from "../../../domain/errors.ts";
import type { Row } from "../../../formats/rows.ts";
import type { ReadSession, Rows } from "./read-session.ts";
import { type CellKind, NotRepresentable } from "./source-cells.ts";

type RawRow = (string | null)[];

export interface BatchOptions {
  readonly session: ReadSession;
  readonly rows: Rows;
  /** The columns' names and kinds, in order. */
  readonly columns: readonly { readonly name: string; readonly kind: CellKind }[];
  readonly maxRows: number;
  readonly timeoutMs: number;
  /** Gets the last column, which does not belong to the source and is removed from every row; null: there is none. */
  readonly onMark: ((mark: string) => void) | null;
  /** Gets the column before that, which is removed too; null: there is none. */
  readonly onPlace: ((place: string | null) => void) | null;
  /** Runs after the last row, inside of the transaction. */
  readonly onEnd: () => Promise<void>;
}

/** Rows in the first batch; the size of the rows decides about the next ones. */
const FIRST_ROWS = 200;
/** A batch of this many characters is large enough, even if it has few rows. */
const BATCH_CHARACTERS = 4_194_304;

/**
 * The rows, batch by batch. While one batch is in use, only the next one is fetched.
 *
 * The first batch is awaited here, so that a faulty statement fails before a file is begun. The session ends with the
 * iteration. It is released after the last row, and closed after an error or a `return()`, even before the first
 * `next()`.
 */
export async function streamBatches(options: BatchOptions): Promise<AsyncIterable<readonly Row[]>> {
  const { session, rows, maxRows, timeoutMs } = options;
  const first = await rows.take(Math.min(FIRST_ROWS, maxRows), timeoutMs);
  const generator = generate(options, first);
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => generator.next(),
      return: () => {
        session.discard();
        return generator.return(undefined);
      },
    }),
  };
}

async function* generate(
  { session, rows, columns, maxRows, timeoutMs, onMark, onPlace, onEnd }: BatchOptions,
  first: RawRow[],
): AsyncGenerator<readonly Row[], undefined> {
  try {
    let batch = first;
    while (batch.length > 0) {
      const following = rows.take(nextCount(batch, maxRows), timeoutMs);
      // No code awaits it when the iteration ends early.
      following.catch(() => undefined);
      if (onMark !== null) {
        takeMarks(batch, onMark);
      }
      if (onPlace !== null) {
        takePlaces(batch, onPlace);
      }
      convert(batch, columns);
      yield batch;
      batch = await following;
    }
    await onEnd();
    await session.query("commit");
    session.release();
  } finally {
    session.discard();
  }
}

/** Number of rows that make up a batch, at this batch's average row size. */
function nextCount(batch: readonly RawRow[], maxRows: number): number {
  let characters = 0;
  for (const row of batch) {
    for (const cell of row) {
      characters += cell === null ? 0 : cell.length;
    }
  }
  const fitting = Math.floor((BATCH_CHARACTERS * batch.length) / Math.max(characters, 1));
  return Math.max(1, Math.min(maxRows, fitting));
}

function takeMarks(batch: readonly RawRow[], onMark: (mark: string) => void): void {
  for (const row of batch) {
    const mark = row.pop();
    if (typeof mark === "string") {
      onMark(mark);
    }
  }
}

function takePlaces(batch: readonly RawRow[], onPlace: (place: string | null) => void): void {
  for (const row of batch) {
    onPlace(row.pop() ?? null);
  }
}

/** Column by column, because most columns are canonical already and need no conversion. */
function convert(batch: readonly RawRow[], columns: BatchOptions["columns"]): void {
  for (const [index, { name, kind }] of columns.entries()) {
    try {
      convertColumn(batch, index, kind.convert);
    } catch (error) {
      throw error instanceof NotRepresentable ? notRepresentable(name, kind, error) : error;
    }
  }
}

function convertColumn(batch: readonly RawRow[], index: number, cell: CellKind["convert"]): void {
  if (cell === null) {
    return;
  }
  for (const row of batch) {
    const text = row[index];
    if (typeof text === "string") {
      row[index] = cell(text);
    }
  }
}

function notRepresentable(name: string, { type }: CellKind, { text }: NotRepresentable): AppError {
  return new AppError(
    "value-not-representable",
    `Cannot read column "${name}": value "${text.slice(0, 40)}" does not fit type ${type}; ` +
      'correct it, or set notRepresentable to "null"',
  );
}

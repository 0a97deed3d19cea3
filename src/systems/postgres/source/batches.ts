import { AppError } from "../../../domain/errors.ts";
import type { Row } from "../../../formats/rows.ts";
import type { ReadSession, Rows } from "./read-session.ts";
import { type CellKind, NotRepresentable } from "./source-cells.ts";

type RawRow = (string | null)[];

export interface BatchOptions {
  readonly session: ReadSession;
  readonly rows: Rows;
  /** The columns' names and kinds, in the rows' order. */
  readonly columns: readonly { readonly name: string; readonly kind: CellKind }[];
  readonly maxRows: number;
  readonly timeoutMs: number;
  /** Takes the last column, which is no column of the source, out of every row; null: there is none. */
  readonly onMark: ((mark: string) => void) | null;
  /** Takes the column before that, which is none of the source either, out of every row; null: there is none. */
  readonly onPlace: ((place: string | null) => void) | null;
  /** Runs after the last row, inside of the transaction. */
  readonly onEnd: () => Promise<void>;
}

/** Rows asked for at first; from then on their size decides. */
const FIRST_ROWS = 200;
/** A batch of this many characters is large enough, however few rows it has. */
const BATCH_CHARACTERS = 4_194_304;

/**
 * The rows, batch by batch: while one batch is being used the next one is on its way, and no more.
 *
 * The first batch is waited for here, so that a statement that cannot run fails before any file is begun. The session
 * ends with the iteration: given back after the last row, closed after an error or a `return()`, even one that comes
 * before the first `next()`.
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
      // Nobody waits for it when the iteration ends early.
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

/** As many rows of this batch's average size as make up a batch. */
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

/** Column by column, because most columns are canonical already and are not touched. */
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

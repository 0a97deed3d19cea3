import type { RowFailure } from "../../../domain/target.ts";
import type { GivenRow } from "../../../formats/rows.ts";
import type { NumberedRow } from "../../refused-row.ts";
import type { WritePlan } from "./insert.ts";
import { cellFailure, serverFailure } from "./refusal.ts";
import type { Statements } from "./statements.ts";
import { lineWriter } from "./target-cells.ts";
import { isRowFault } from "./target-errors.ts";
import type { RefusedByServer } from "./write-each.ts";
import type { WriteSession } from "./write-session.ts";

/** Characters of COPY data in one message. */
const CHUNK_CHARACTERS = 65_536;

/**
 * Writes rows inside of the open transaction, into an empty stage.
 *
 * @returns the refused rows; all others are written
 */
export type WriteBatch = (rows: readonly NumberedRow[]) => Promise<readonly RowFailure[]>;

export function batchWriter(
  session: WriteSession,
  plan: WritePlan,
  statements: Statements,
): WriteBatch {
  const line = lineWriter(plan);

  /** Lines for COPY. Rows without one go to `failures`. */
  function* lines({ rows, shapeOf }: Slice, failures: RowFailure[]): Generator<string> {
    for (const [index, row] of rows.entries()) {
      const written = line(row.cells);
      if (typeof written === "string") {
        yield `${index}\t${shapeOf[index]}${written}`;
      } else {
        failures.push(cellFailure(plan, row, written));
      }
    }
  }

  async function writeSlice(slice: Slice): Promise<RowFailure[]> {
    const failures: RowFailure[] = [];
    await session.copy(statements.copy, chunked(lines(slice, failures)));
    for (const refused of await writeStage({ session, plan, statements }, slice)) {
      failures.push(serverFailure(plan, slice.rows[refused.n] as NumberedRow, refused));
    }
    return failures;
  }

  return async (rows) => {
    const failures: RowFailure[] = [];
    for (const [index, slice] of slicesOf(rows).entries()) {
      if (index > 0) {
        await session.run(statements.emptyStage);
      }
      failures.push(...(await writeSlice(slice)));
    }
    return failures.sort((a, b) => a.row - b.row);
  };
}

/** Rows that follow each other, with few shapes among them. Each slice has its own statements. */
interface Slice {
  readonly rows: NumberedRow[];
  /** Columns that rows mention, by position. */
  readonly shapes: boolean[][];
  /** For each row, the position of its shape. */
  readonly shapeOf: number[];
}

/** Most shapes of a slice times columns. The limit bounds the text of the statements. */
const MAX_SHAPE_COLUMNS = 2_000;
const MAX_SHAPES = 100;

function slicesOf(rows: readonly NumberedRow[]): Slice[] {
  const width = rows[0]?.cells.length ?? 1;
  const maxShapes = Math.max(1, Math.min(MAX_SHAPES, Math.floor(MAX_SHAPE_COLUMNS / width)));
  let slice: Slice = { rows: [], shapes: [], shapeOf: [] };
  let ids = new Map<string, number>();
  const slices = [slice];
  for (const row of rows) {
    const key = shapeKey(row.cells);
    if (!ids.has(key)) {
      if (ids.size === maxShapes) {
        slice = { rows: [], shapes: [], shapeOf: [] };
        ids = new Map();
        slices.push(slice);
      }
      ids.set(key, ids.size);
      slice.shapes.push(Array.from(row.cells, (cell) => cell !== undefined));
    }
    slice.rows.push(row);
    slice.shapeOf.push(ids.get(key) ?? 0);
  }
  return slices;
}

/** Names the columns that a row does not mention. It is equal for rows that mention the same columns. */
function shapeKey(cells: GivenRow): string {
  if (!cells.includes(undefined)) {
    return "";
  }
  return cells.flatMap((cell, index) => (cell === undefined ? [index] : [])).join();
}

function* chunked(lines: Iterable<string>): Generator<string> {
  let chunk = "";
  for (const line of lines) {
    chunk += line;
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = "";
    }
  }
  yield chunk;
}

interface StageWork {
  readonly session: WriteSession;
  readonly plan: WritePlan;
  readonly statements: Statements;
}

async function writeStage(
  { session, plan, statements }: StageWork,
  { shapes }: Slice,
): Promise<RefusedByServer[]> {
  if (shapes.length === 0) {
    return [];
  }
  const { writeAll, writeEach } = statements.write(shapes);
  try {
    await session.run(`savepoint waybill_rows; ${writeAll}; release savepoint waybill_rows`);
    return [];
  } catch (error) {
    if (!isRowFault(error, plan.table)) {
      throw error;
    }
  }
  await session.run("rollback to savepoint waybill_rows; release savepoint waybill_rows");
  await session.run(writeEach);
  return session.query<RefusedByServer>(statements.readRefused);
}

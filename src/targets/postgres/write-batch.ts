import type { RowFailure } from "../../domain/target.ts";
import type { NumberedRow } from "../refused-row.ts";
import { lineWriter } from "./cells.ts";
import type { WritePlan } from "./insert.ts";
import { isRowFault } from "./postgres-errors.ts";
import { cellFailure, serverFailure } from "./refusal.ts";
import type { Session } from "./session.ts";
import type { Statements } from "./statements.ts";
import type { RefusedByServer } from "./write-each.ts";

/** Characters of COPY data in one message. */
const CHUNK_CHARACTERS = 65_536;

/**
 * Writes rows inside of the transaction that is open, into an empty stage.
 *
 * @returns the rows that were refused; all others are written
 */
export type WriteBatch = (rows: readonly NumberedRow[]) => Promise<readonly RowFailure[]>;

export function batchWriter(session: Session, plan: WritePlan, statements: Statements): WriteBatch {
  const line = lineWriter(plan.columns, requiredHere(plan));

  /** Lines for COPY; rows that have none go to `failures`. */
  function* lines(rows: readonly NumberedRow[], failures: RowFailure[]): Generator<string> {
    for (const [index, row] of rows.entries()) {
      const written = line(row.cells);
      if (typeof written === "string") {
        yield `${index}${written}`;
      } else {
        failures.push(cellFailure(plan, row, written));
      }
    }
  }

  return async (rows) => {
    const failures: RowFailure[] = [];
    await session.copy(statements.copy, chunked(lines(rows, failures)));
    for (const refused of await writeStage(session, plan, statements)) {
      failures.push(serverFailure(plan, rows[refused.n] as NumberedRow, refused));
    }
    return failures.sort((a, b) => a.row - b.row);
  };
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

/**
 * Key columns that the table lets be null: such a row would never be found again. Where the table does not, it says so
 * itself, after its triggers had their chance.
 */
function requiredHere({ columns, key }: WritePlan): ReadonlySet<number> {
  return new Set(
    columns.flatMap(({ name, notNull }, index) => (key?.includes(name) && !notNull ? [index] : [])),
  );
}

async function writeStage(
  session: Session,
  plan: WritePlan,
  statements: Statements,
): Promise<RefusedByServer[]> {
  try {
    await session.run(
      `savepoint waybill_rows; ${statements.writeAll}; release savepoint waybill_rows`,
    );
    return [];
  } catch (error) {
    if (!isRowFault(error, plan.table)) {
      throw error;
    }
  }
  await session.run("rollback to savepoint waybill_rows; release savepoint waybill_rows");
  await session.run(statements.writeEach);
  return session.query<RefusedByServer>(statements.readRefused);
}

import { AppError } from "../../../domain/errors.ts";
import type { Connections } from "../../../domain/source.ts";
import type { RowFailure, Target, TargetWriter, WriteRequest } from "../../../domain/target.ts";
import type { GivenRow } from "../../../formats/rows.ts";
import type { NumberedRow } from "../../refused-row.ts";
import { isPostgresConnection } from "../connection.ts";
import type { PostgresTargetDefinition } from "./definition.ts";
import {
  loadProgress,
  noProgress,
  type Progress,
  type ProgressTable,
  progressTable,
  requireProgressTable,
} from "./progress.ts";
import { writeStatements } from "./statements.ts";
import { isClash, writeFailure } from "./target-errors.ts";
import { findTargetTable } from "./target-table.ts";
import { type Transaction, transactionEach, transactionOverAll } from "./transaction.ts";
import { batchWriter, type WriteBatch } from "./write-batch.ts";
import { planWrite } from "./write-plan.ts";
import { openWriteSession, type WriteSession } from "./write-session.ts";

/**
 * Writes rows to a table of a PostgreSQL server, version 14 or later.
 *
 * `statements.ts` describes how a batch is written, `target-cells.ts` how values are converted. `progress.ts` says how
 * a repeated run writes no row twice, `transaction.ts` the cost of "all or nothing".
 *
 * A check writes everything in one transaction and rolls it back. So it also finds faults that depend on other rows of
 * the file. Meanwhile it locks like a real import, and sequences move on.
 */
export function postgresTarget(
  definition: PostgresTargetDefinition,
  connections: Connections,
): Target {
  return {
    open: async (request) => {
      const connection = connections.get(definition.connection);
      if (!isPostgresConnection(connection)) {
        throw new AppError(
          "target-invalid",
          `Cannot write to PostgreSQL with connection "${definition.connection}": it is of kind "${connection.kind}"`,
        );
      }
      const session = await openWriteSession({
        connection: definition.connection,
        connectionString: connection.connectionString,
        signal: request.signal,
      });
      return guarded({ session, definition, request }, () => open(session, definition, request));
    },
  };
}

interface Writing {
  readonly session: WriteSession;
  readonly definition: PostgresTargetDefinition;
  readonly request: WriteRequest;
}

/** Time beyond the server's own limits after which a silent server is given up. */
const SILENCE_MS = 60_000;
const STATEMENTS_IN_A_BATCH = 4;

/** After a failure the connection is closed, which rolls back what was not committed. */
async function guarded<Result>(
  { session, definition, request }: Writing,
  work: () => Promise<Result>,
): Promise<Result> {
  const limitMs = STATEMENTS_IN_A_BATCH * definition.statementTimeoutMs + SILENCE_MS;
  const timer = setTimeout(() => session.discard(), limitMs);
  try {
    return await work();
  } catch (error) {
    session.discard();
    throw request.signal.aborted
      ? request.signal.reason
      : writeFailure(error, `write to table "${definition.table}"`);
  } finally {
    clearTimeout(timer);
  }
}

async function open(
  session: WriteSession,
  definition: PostgresTargetDefinition,
  request: WriteRequest,
): Promise<TargetWriter> {
  const { validateOnly, atomic } = request;
  const table = await findTargetTable(session, definition.table);
  const plan = planWrite(definition, table, request.columns);
  const statements = writeStatements(plan);
  const options = { session, statements, statementTimeoutMs: definition.statementTimeoutMs };
  await rehearse(transactionEach(options), session, statements.rehearsal);

  const writing: Writing = { session, definition, request };
  const transaction =
    validateOnly || atomic ? transactionOverAll(options) : transactionEach(options);
  const progress = await progressOf(writing, progressTable(definition, table));
  const lasts = !(validateOnly || atomic);
  return writer(writing, {
    onProgress: () => {
      if (lasts) {
        request.onProgress?.();
      }
    },
    transaction,
    progress,
    writeBatch: batchWriter(session, plan, statements),
  });
}

/** Plans the statement without running it, so that missing rights and the like show before a row is read. */
async function rehearse(
  transaction: Transaction,
  session: WriteSession,
  statement: string,
): Promise<void> {
  await transaction.begin();
  await session.run(`explain ${statement}`);
  await transaction.undo();
}

async function progressOf({ session, definition, request }: Writing, table: ProgressTable) {
  await requireProgressTable(session, table, { create: !request.validateOnly });
  return request.validateOnly
    ? noProgress()
    : loadProgress(session, table, { ...request, keepDays: definition.keepProgressDays });
}

interface Parts {
  /** Called for each batch that stays even if the run fails. */
  readonly onProgress: () => void;
  readonly transaction: Transaction;
  readonly progress: Progress;
  readonly writeBatch: WriteBatch;
}

function writer(writing: Writing, parts: Parts): TargetWriter {
  const { session, definition, request } = writing;
  const { transaction, progress } = parts;
  return {
    write: async (batch, firstRow) => {
      const failures: RowFailure[] = [];
      for (let start = 0; start < batch.length; start += definition.batchRows) {
        const rows = batch.slice(start, start + definition.batchRows);
        failures.push(...(await guarded(writing, () => writeRows(parts, rows, firstRow + start))));
      }
      return failures;
    },
    commit: () =>
      guarded(writing, async () => {
        if (!request.validateOnly) {
          await progress.tidy();
          await transaction.commit();
        }
      }),
    close: async () => {
      if (transaction.isOpen()) {
        session.discard();
      }
      session.release();
    },
  };
}

/** Leaves out rows that an earlier attempt wrote, but reports its refusals again. */
async function writeRows(
  parts: Parts,
  rows: readonly GivenRow[],
  firstRow: number,
): Promise<readonly RowFailure[]> {
  const { progress } = parts;
  const written = Math.min(Math.max(progress.lastRow() - firstRow + 1, 0), rows.length);
  const earlier =
    written === 0 ? [] : await progress.refusedBetween(firstRow, firstRow + written - 1);
  if (written === rows.length) {
    return earlier;
  }
  const start = firstRow + written;
  const fresh = await transact(
    parts,
    rows.slice(written).map((cells, index) => ({ number: start + index, cells })),
  );
  return [...earlier, ...fresh];
}

const ATTEMPTS = 6;

async function transact(
  parts: Parts,
  rows: readonly NumberedRow[],
): Promise<readonly RowFailure[]> {
  const { transaction, progress } = parts;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await transaction.begin();
      const refused = await claimAndWrite(parts, rows);
      if (refused !== null) {
        await transaction.keep();
        progress.moveTo(rows.at(-1)?.number ?? 0);
        parts.onProgress();
        return refused;
      }
      await transaction.undo();
      break;
    } catch (error) {
      if (!isClash(error) || attempt === ATTEMPTS) {
        throw error;
      }
      await transaction.undo();
    }
  }
  const first = rows[0]?.number ?? 0;
  await progress.reload();
  if (progress.lastRow() < first) {
    throw new AppError("target-unavailable", "Cannot go on: another attempt writes the same rows");
  }
  return writeRows(
    parts,
    rows.map(({ cells }) => cells),
    first,
  );
}

/** @returns null when another attempt of the run has written these rows meanwhile */
async function claimAndWrite(
  { progress, writeBatch }: Parts,
  rows: readonly NumberedRow[],
): Promise<readonly RowFailure[] | null> {
  const [first, last] = [rows[0]?.number ?? 0, rows.at(-1)?.number ?? 0];
  if (!(await progress.claim(first, last))) {
    return null;
  }
  const refused = await writeBatch(rows);
  if (refused.length > 0) {
    await progress.note(first, refused);
  }
  return refused;
}

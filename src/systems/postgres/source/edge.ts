import { AppError } from "../../../domain/errors.ts";
import type { ReadSession } from "./read-session.ts";

/**
 * Finds how far a read by timestamp column may go. Every row before that instant is committed and visible. So the
 * half-open window [from, to) never passes a row that appears later. Rows at exactly `to` belong to the next read.
 *
 * The column holds `now()`, the start of the transaction that wrote the row. So `to` must not be later than the start
 * of any transaction that the read's snapshot cannot see. Therefore it is found *before* the snapshot is taken. A
 * transaction that runs at the snapshot was either running already and was counted, or started later.
 *
 * Some cases are not covered and are refused. The start of prepared transactions is not recorded. A standby does not
 * know the primary's transactions. Sessions with `track_activities` off hide theirs. A role that may not see other
 * sessions sees no transaction, without an error. Two cases are neither covered nor noticed: rows that logical
 * replication writes with the publisher's times, and a clock that is set back.
 *
 * @param what completes "Cannot ", for messages
 * @returns an instant, `YYYY-MM-DDTHH:MM:SS.ffffffZ`
 * @throws AppError `source-invalid`, `source-unavailable`
 */
export async function transactionsEdge(session: ReadSession, what: string): Promise<string> {
  const [role] = await session.query<{ name: string; allowed: boolean; standby: boolean }>(`
    select current_user as name, pg_is_in_recovery() as standby,
      pg_has_role(current_user, 'pg_read_all_stats', 'usage') as allowed`);
  if (role?.allowed !== true) {
    throw new AppError(
      "source-invalid",
      `Cannot ${what}: role "${role?.name}" cannot see other sessions' transactions; ` +
        `run GRANT pg_read_all_stats TO "${role?.name}", or use incremental by "snapshot", which needs no privilege`,
    );
  }
  if (role.standby) {
    throw new AppError(
      "source-invalid",
      `Cannot ${what}: the server is a standby, which does not know its primary's transactions; ` +
        'connect to the primary, or use incremental by "snapshot"',
    );
  }
  const [edge] = await session.query<{ at: string; untracked: string[]; prepared: number }>(EDGE);
  if (edge === undefined || edge.prepared > 0) {
    throw new AppError(
      "source-unavailable",
      `Cannot ${what}: ${edge?.prepared} prepared transactions wait for their commit, and nobody knows when they ` +
        "started (see pg_prepared_xacts)",
    );
  }
  if (edge.untracked.length > 0) {
    throw new AppError(
      "source-invalid",
      `Cannot ${what}: track_activities is off for ${edge.untracked.join(", ")}, which hides their transactions`,
    );
  }
  return edge.at;
}

/**
 * The instant `lagMs` before the database's now.
 *
 * @returns an instant, as {@link transactionsEdge} does
 */
export async function lagEdge(session: ReadSession, lagMs: number): Promise<string> {
  const [edge] = await session.query<{ at: string }>(
    `select to_char((statement_timestamp() - $1 * interval '1 ms') at time zone 'UTC', ${FORMAT}) as at`,
    [lagMs],
  );
  if (edge === undefined) {
    throw new AppError("source-unavailable", "Cannot read the server's clock: no answer");
  }
  return edge.at;
}

const FORMAT = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

// A session shows its transaction a moment after the transaction's now(). The second covers that moment.
const EDGE = `
  select
    to_char(
      (least(statement_timestamp(), min(xact_start)) - interval '1 s') at time zone 'UTC', ${FORMAT}
    ) as at,
    array(
      select distinct usename::text from pg_stat_activity where datname = current_database() and state = 'disabled'
    ) as untracked,
    (select count(*)::int from pg_prepared_xacts where database = current_database()) as prepared
  from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type <> 'autovacuum worker'`;

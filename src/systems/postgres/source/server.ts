import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../../domain/errors.ts";
import type { ReadSession } from "./read-session.ts";
import { parseSnapshot, type Snapshot } from "./versions.ts";

/** The server of a read, and the time. */
export interface ServerState {
  /**
   * Names the database and the history of its transaction ids: system identifier, timeline and database. Another
   * cluster has another identifier. A restore to a point in time and a promoted standby have another timeline.
   *
   * If the role may not read the identifier (by default it may), the server's start time replaces it. That is safe too,
   * but every restart leads to a full read.
   */
  readonly cluster: string;
  readonly snapshot: Snapshot;
  /** The database's clock just before the snapshot, `YYYY-MM-DDTHH:MM:SS.ffffffZ`. */
  readonly at: string;
  /** End of the write-ahead log after the snapshot was taken; null on a standby. */
  readonly written: string | null;
  readonly takenAtMs: number;
  readonly walWriterDelayMs: number;
}

/**
 * Begins a transaction with settings that make PostgreSQL's texts unambiguous. The whole transaction has one snapshot.
 * The first query after this takes it, and so after the locks.
 *
 * @param tables quoted names; locked so that no TRUNCATE or ALTER TABLE comes between the snapshot and the rows
 */
export async function beginRead(session: ReadSession, tables: readonly string[]): Promise<void> {
  const lock = tables.length === 0 ? "" : `lock table ${tables.join(", ")} in access share mode;`;
  await session.query(`
    begin isolation level repeatable read read only;
    set local datestyle = 'ISO, YMD';
    set local timezone = 'UTC';
    set local intervalstyle = 'iso_8601';
    set local extra_float_digits = 1;
    set local bytea_output = 'hex';
    set local lc_monetary = 'C';
    set local synchronize_seqscans = off;
    set local lock_timeout = '10s';
    set local statement_timeout = '60s';
    set local idle_in_transaction_session_timeout = '60s';
    set local tcp_keepalives_idle = 60;
    ${lock}`);
}

/**
 * From here on the server does not limit statements: a read takes as long as its reader.
 *
 * @param options.inFileOrder makes rows come in the order of their files. An index is then used only through a bitmap.
 */
export async function unboundStatements(
  session: ReadSession,
  { inFileOrder }: { inFileOrder: boolean },
): Promise<void> {
  const order = inFileOrder ? "; set local enable_indexscan = off" : "";
  await session.query(`set local statement_timeout = 0${order}`);
}

export async function serverState(session: ReadSession): Promise<ServerState> {
  const [facts] = await session.query<Facts>(FACTS);
  const takenAtMs = performance.now();
  if (facts === undefined) {
    throw new AppError("source-unavailable", "Cannot read the server's state: no answer");
  }
  const cluster = await clusterName(session, facts);
  return {
    cluster,
    snapshot: parseSnapshot(facts.snapshot),
    at: facts.at,
    written: facts.written,
    takenAtMs,
    walWriterDelayMs: Number(facts.walwriterdelay),
  };
}

/**
 * Waits until a crash of the server can no longer undo what the snapshot saw.
 *
 * Commits wait for the disk, except with `synchronous_commit = off`. Such commits are visible up to three times
 * `wal_writer_delay` before they are safe. A crash in between would give out their ids again.
 */
export async function untilDurable(session: ReadSession, state: ServerState): Promise<void> {
  if (state.written === null) {
    return;
  }
  const safeAtMs = state.takenAtMs + 3 * state.walWriterDelayMs;
  while (performance.now() < safeAtMs) {
    const [answer] = await session.query<{ durable: boolean }>(
      "select pg_current_wal_flush_lsn() >= $1::pg_lsn as durable",
      [state.written],
    );
    if (answer?.durable === true) {
      return;
    }
    await sleep(DURABILITY_POLL_MS);
  }
}

const DURABILITY_POLL_MS = 20;

interface Facts {
  snapshot: string;
  at: string;
  written: string | null;
  timeline: string | null;
  database: string;
  started: string;
  identifiable: boolean;
  walwriterdelay: string;
}

const FACTS = `
  select
    pg_current_snapshot()::text as snapshot,
    to_char(statement_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
    case when not pg_is_in_recovery() then pg_current_wal_insert_lsn()::text end as written,
    case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline,
    (select oid::text from pg_database where datname = current_database()) as database,
    extract(epoch from pg_postmaster_start_time())::text as started,
    has_function_privilege('pg_control_system()', 'execute')
      and has_function_privilege('pg_control_checkpoint()', 'execute') as identifiable,
    (select setting from pg_settings where name = 'wal_writer_delay') as walwriterdelay`;

async function clusterName(session: ReadSession, facts: Facts): Promise<string> {
  if (!facts.identifiable) {
    return `started ${facts.started} timeline ${facts.timeline} database ${facts.database}`;
  }
  const [control] = await session.query<{ id: string; timeline: string }>(`
    select system_identifier::text as id, lpad(to_hex(timeline_id), 8, '0') as timeline
    from pg_control_system(), pg_control_checkpoint()`);
  // The control file learns of a promotion only with the next checkpoint, but on a standby nothing better exists.
  const timeline = facts.timeline ?? control?.timeline;
  return `system ${control?.id} timeline ${timeline} database ${facts.database}`;
}

import pg from "pg";
import { AppError } from "../../../domain/errors.ts";
import type { RowFailure, WriteRequest } from "../../../domain/target.ts";
import { quoteName, tableParts } from "../names.ts";
import type { PostgresTargetDefinition } from "./definition.ts";
import { INSUFFICIENT_PRIVILEGE } from "./target-errors.ts";
import type { TargetTable } from "./target-table.ts";
import type { WriteSession } from "./write-session.ts";

/**
 * Records which rows of a run are written. Each batch has one record, committed together with the batch's rows. So a
 * repeated run continues exactly after the last written row, whatever crash came before.
 *
 * The batches of an attempt begin where the last record ends. So two concurrent attempts claim the same first row, even
 * if they cut the file differently. The primary key makes one of them wait, and it then finds the row written.
 *
 * Records outlive the run: they must be found after a crash between the last batch and the end of the run. A later run
 * deletes records older than `keepProgressDays` at its end.
 */
export interface Progress {
  /** Number of the last written row; 0: none. */
  lastRow(): number;
  /** Claims these rows, inside of the batch's transaction; false: another attempt has claimed them. */
  claim(firstRow: number, lastRow: number): Promise<boolean>;
  /** Adds the refused rows of the claimed batch. */
  note(firstRow: number, refused: readonly RowFailure[]): Promise<void>;
  /** Called after the claim's transaction, or savepoint, has ended well. */
  moveTo(lastRow: number): void;
  /** Loads how far another attempt has come. */
  reload(): Promise<void>;
  /** The refused rows of earlier batches. */
  refusedBetween(firstRow: number, lastRow: number): Promise<RowFailure[]>;
  /** Deletes the records of old runs. */
  tidy(): Promise<void>;
}

const COLUMNS = `(
  run_id text not null,
  entity text not null,
  first_row bigint not null,
  last_row bigint not null,
  refused text,
  written_at timestamptz not null default now(),
  primary key (run_id, entity, first_row)
)`;

/** Most old records that one run deletes, so that none takes long. */
const TIDY_RECORDS = 10_000;

/** A check records nothing, because it keeps nothing. */
export function noProgress(): Progress {
  let last = 0;
  return {
    lastRow: () => last,
    claim: () => Promise.resolve(true),
    note: () => Promise.resolve(),
    moveTo: (lastRow) => {
      last = lastRow;
    },
    reload: () => Promise.resolve(),
    refusedBetween: () => Promise.resolve([]),
    tidy: () => Promise.resolve(),
  };
}

/** Table of the records; both names are quoted. */
export interface ProgressTable {
  readonly schema: string;
  readonly quoted: string;
}

/** @param definition.progressTable by default beside the table */
export function progressTable(
  { progressTable: name }: Pick<PostgresTargetDefinition, "progressTable">,
  table: Pick<TargetTable, "schema">,
): ProgressTable {
  const [schema, own] = name === undefined ? [table.schema, "waybill_progress"] : tableParts(name);
  return { schema: quoteName(schema), quoted: `${quoteName(schema)}.${quoteName(own)}` };
}

/**
 * Makes sure that progress can be recorded.
 *
 * @param options.create whether the table may be created now
 * @throws AppError `target-invalid`, with the statements that an administrator has to run
 */
export async function requireProgressTable(
  session: WriteSession,
  table: ProgressTable,
  options: { create: boolean },
): Promise<void> {
  let found = await access(session, table);
  if (!found.exists && options.create) {
    await create(session, table);
    found = await access(session, table);
  }
  const willBeThere = !found.exists && !options.create && found.creatable;
  if (found.usable || willBeThere) {
    return;
  }
  throw new AppError(
    "target-invalid",
    `Cannot keep progress in ${table.quoted}: ${found.exists ? "the role may not use it" : "it does not exist and the role may not create it"}; ` +
      `let an administrator run: CREATE TABLE IF NOT EXISTS ${table.quoted} ${COLUMNS.replaceAll(/\s+/g, " ")}; ` +
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table.quoted} TO ${quoteName(found.role)}`,
  );
}

interface Access {
  exists: boolean;
  usable: boolean;
  creatable: boolean;
  role: string;
}

async function access(session: WriteSession, table: ProgressTable): Promise<Access> {
  const [found] = await session.query<Access>(
    `select t.id is not null as exists,
       coalesce(
         has_table_privilege(t.id, 'select') and has_table_privilege(t.id, 'insert')
           and has_table_privilege(t.id, 'update') and has_table_privilege(t.id, 'delete'),
         false
       ) as usable,
       coalesce(has_schema_privilege(s.id, 'create'), false) as creatable, current_user as role
     from (select to_regclass($1)::oid as id) t, (select to_regnamespace($2)::oid as id) s`,
    [table.quoted, table.schema],
  );
  return found as Access;
}

/** Errors are ignored here: two creations at once, and a missing right, show in the next look. */
async function create(session: WriteSession, { quoted }: ProgressTable): Promise<void> {
  try {
    await session.run(`create table if not exists ${quoted} ${COLUMNS}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && HARMLESS.has(error.code ?? ""))) {
      throw error;
    }
  }
}

const HARMLESS: ReadonlySet<string> = new Set([
  INSUFFICIENT_PRIVILEGE,
  "3F000", // no such schema
  "23505", // unique violation, in the catalogue
  "42P07", // duplicate table
  "42710", // duplicate object: its type
]);

/** Loads how far the run has come. */
export async function loadProgress(
  session: WriteSession,
  { quoted: table }: ProgressTable,
  { runId, entity, keepDays }: Pick<WriteRequest, "runId" | "entity"> & { keepDays: number },
): Promise<Progress> {
  let last = 0;
  const reload = async () => {
    const [row] = await session.query<{ last: string }>(
      `select coalesce(max(last_row), 0)::text as last from ${table} where run_id = $1 and entity = $2`,
      [runId, entity],
    );
    last = Number(row?.last);
  };
  await reload();
  return {
    lastRow: () => last,
    reload,
    moveTo: (lastRow) => {
      last = lastRow;
    },
    claim: async (firstRow, lastRow) => {
      const claimed = await session.query(
        `insert into ${table} (run_id, entity, first_row, last_row) values ($1, $2, $3, $4)
         on conflict do nothing returning 1`,
        [runId, entity, firstRow, lastRow],
      );
      return claimed.length === 1;
    },
    note: async (firstRow, refused) => {
      await session.query(
        `update ${table} set refused = $4 where run_id = $1 and entity = $2 and first_row = $3`,
        [runId, entity, firstRow, JSON.stringify(refused)],
      );
    },
    refusedBetween: async (firstRow, lastRow) => {
      const records = await session.query<{ refused: string }>(
        `select refused from ${table}
         where run_id = $1 and entity = $2 and first_row <= $4 and last_row >= $3
           and refused is not null
         order by first_row`,
        [runId, entity, firstRow, lastRow],
      );
      return records
        .flatMap(({ refused }) => JSON.parse(refused) as RowFailure[])
        .filter(({ row }) => row >= firstRow && row <= lastRow);
    },
    tidy: async () => {
      await session.query(
        `delete from ${table} where ctid = any(array(
           select ctid from ${table} where written_at < now() - make_interval(days => $1)
           limit ${TIDY_RECORDS} for update skip locked
         ))`,
        [keepDays],
      );
    },
  };
}

import { AppError } from "../../../domain/errors.ts";
import { quoteTable } from "../names.ts";
import type { PostgresDefinition } from "./definition.ts";
import { checkKey } from "./places.ts";
import type { ReadSession } from "./read-session.ts";
import { beginRead, type ServerState, serverState } from "./server.ts";
import { columnNamed, findSourceTable, isTable, type SourceTable } from "./source-table.ts";
import { foundByVersion, type TableReading, usesVersions } from "./statement.ts";

/** State that a read found when it began: the server, and the tables under its snapshot. */
export interface Reading {
  readonly server: ServerState;
  /** Null for a query. */
  readonly table: TableReading | null;
  /** Transactions that earlier reads of the same request have seen; undefined in the first read. */
  readonly seen?: readonly number[];
  readonly tableIds?: readonly number[];
}

/**
 * Locks the tables, takes the snapshot and looks the tables up, in this order (`versions.ts` says why).
 *
 * @throws AppError `source-invalid` for a definition that does not fit the database, `source-unavailable`
 */
export async function startReading(
  session: ReadSession,
  definition: PostgresDefinition,
): Promise<Reading> {
  const { table: name, deleted } = definition;
  if (name === undefined) {
    await beginRead(session, []);
    return { server: await serverState(session), table: null };
  }
  const exact = foundByVersion(definition);
  const graves = deleted?.by === "tombstones" ? deleted.table : null;
  const toLock: string[] = [];
  if (await isTable(session, name)) {
    toLock.push(quoteTable(name));
  }
  if (graves !== null && (await isTable(session, graves))) {
    toLock.push(quoteTable(graves));
  }
  await beginRead(session, toLock);
  const server = await serverState(session);
  const table = await findSourceTable(session, name, { exact });
  const tombstones =
    graves === null
      ? null
      : await findSourceTable(session, graves, { exact: usesVersions(definition) });
  return { server, table: tableReading(definition, { server, table, tombstones }) };
}

function tableReading(
  definition: PostgresDefinition,
  found: { server: ServerState; table: SourceTable; tombstones: SourceTable | null },
): TableReading {
  const { server, table, tombstones } = found;
  const columns = definition.columns?.map((column) => columnNamed(table, column)) ?? table.columns;
  if (columns.length === 0) {
    throw new AppError("source-invalid", `Cannot read table "${table.name}": it has no columns`);
  }
  const reading: TableReading = {
    table,
    columns,
    tombstones,
    now: {
      snapshot: server.snapshot,
      tableIds: [...table.tableIds, ...(tombstones?.tableIds ?? [])],
    },
  };
  checkDeleted(definition, reading);
  checkNarrow(definition, table);
  checkKey(definition, table);
  return reading;
}

function checkDeleted({ deleted }: PostgresDefinition, reading: TableReading): void {
  if (deleted === undefined) {
    return;
  }
  const { table, columns, tombstones } = reading;
  const names = new Set(columns.map(({ name }) => name));
  if (names.has(deleted.as)) {
    throw new AppError(
      "source-invalid",
      `Cannot read table "${table.name}": it has a column "${deleted.as}" itself; set another name in deleted.as`,
    );
  }
  if (deleted.by === "soft-delete" || tombstones === null) {
    return;
  }
  for (const [key, grave] of Object.entries(deleted.key)) {
    columnNamed(table, key);
    columnNamed(tombstones, grave);
    if (!names.has(key)) {
      throw new AppError(
        "source-invalid",
        `Cannot read table "${table.name}": key column "${key}" of its tombstones is not among the columns read`,
      );
    }
  }
}

const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMP_WITH_ZONE = 1184;
const TIMES: ReadonlySet<number> = new Set([DATE, TIMESTAMP, TIMESTAMP_WITH_ZONE]);

function checkNarrow({ incremental }: PostgresDefinition, table: SourceTable): void {
  if (incremental?.by !== "snapshot" || incremental.narrow === undefined) {
    return;
  }
  const { name, type, typeId } = columnNamed(table, incremental.narrow.column);
  if (!TIMES.has(typeId)) {
    throw new AppError(
      "source-invalid",
      `Cannot read table "${table.name}": column "${name}" to narrow by is of type ${type}, not a date or timestamp`,
    );
  }
}

/**
 * Checks that a cursor column holds instants.
 *
 * @param typeId null: the column does not exist
 * @throws AppError `source-invalid`
 */
export function checkCursorColumn(definition: PostgresDefinition, typeId: number | null): void {
  const { incremental } = definition;
  if (incremental?.by !== "cursor-column" || typeId === TIMESTAMP_WITH_ZONE) {
    return;
  }
  const what = `Cannot read by cursor column "${incremental.column}"`;
  if (typeId === null) {
    throw new AppError("source-invalid", `${what}: there is no such column`);
  }
  if (typeId !== TIMESTAMP) {
    throw new AppError(
      "source-invalid",
      `${what}: it is not a timestamp, and other values tell nothing about when a transaction commits; ` +
        'use incremental by "snapshot"',
    );
  }
  if (!incremental.localTimesAreUtc) {
    throw new AppError(
      "source-invalid",
      `${what}: it is a timestamp without time zone; set localTimesAreUtc if every writer stores UTC, ` +
        'or use incremental by "snapshot"',
    );
  }
}

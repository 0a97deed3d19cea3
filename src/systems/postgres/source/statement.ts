import { quoteName } from "../names.ts";
import type { PostgresDefinition } from "./definition.ts";
import { isBehind, type KeptPlace, placeColumn, placeOrder } from "./places.ts";
import { columnNamed, type SourceColumn, type SourceTable } from "./source-table.ts";
import {
  type Bind,
  changedSince,
  isIdle,
  type Now,
  type Since,
  versionToRemember,
} from "./versions.ts";

/** A SELECT with its parameters. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** Whether the last column holds the ids of row versions to remember. It does not belong to the source. */
  readonly marksVersions: boolean;
  /** Whether the column before that holds the row's place in the table. It does not belong to the source either. */
  readonly tellsPlaces: boolean;
}

/** A table of a read. */
export interface TableReading {
  readonly table: SourceTable;
  readonly columns: readonly SourceColumn[];
  /** Null unless the definition has a tombstone table. */
  readonly tombstones: SourceTable | null;
  readonly now: Now;
}

/** The rows of a read: all, or those that are new since an earlier read. */
export type Range =
  | { readonly kind: "full" }
  | { readonly kind: "since"; readonly since: Since; readonly at: string }
  | { readonly kind: "window"; readonly since: Since; readonly from: string; readonly to: string };

/** The rows of a read, and the place where it begins. */
export interface Stretch {
  readonly range: Range;
  /** Only rows after this place; null: from the beginning. */
  readonly behind: KeptPlace["behind"] | null;
}

/**
 * The statement that reads a query's rows.
 *
 * @param window ends of the window, for the query's own parameters; null: from the beginning
 */
export function queryStatement(
  definition: PostgresDefinition,
  { range, behind }: Stretch,
  window: { from: string | null; to: string },
): Statement {
  const { query = "", parameters, incremental } = definition;
  const values: unknown[] = parameters.map((parameter) =>
    parameter !== null && typeof parameter === "object" ? window[parameter.cursor] : parameter,
  );
  const bind = binder(values);
  const place = placeColumn(definition, null);
  const columns = place === null ? "*" : `t.*, ${place.own}`;
  const where = whereAll([
    range.kind === "window" && incremental?.by === "cursor-column"
      ? inWindow(incremental.column, range, bind)
      : null,
    behind === null ? null : isBehind(definition, { table: null, behind }, bind),
  ]);
  // The line break ends a comment at the end of the query.
  const rows = `select ${columns} from (${query.trim().replace(/;$/, "")}\n) as t`;
  const text = `${rows}${where}${placeOrder(definition)}`;
  return { text, values, marksVersions: false, tellsPlaces: place !== null };
}

function whereAll(conditions: readonly (string | null)[]): string {
  const stated = conditions.filter((condition) => condition !== null);
  return stated.length === 0 ? "" : ` where ${stated.join(" and ")}`;
}

/**
 * The statement that reads a table's rows: its columns, then `deleted`, then the places, then the versions to remember.
 *
 * Deleted keys come before the rows, and only those without a living row, so that applying them in any order is right.
 * A read that continues after a place has returned them before. It has no versions to remember (`places.ts`).
 */
export function tableStatement(
  definition: PostgresDefinition,
  reading: TableReading,
  { range, behind }: Stretch,
): Statement {
  const values: unknown[] = [];
  const bind = binder(values);
  const { deleted } = definition;
  const row = reading.columns.map(({ name }) => `t.${quoteName(name)}`);
  if (deleted !== undefined) {
    row.push(`${isDeleted(definition, reading, bind)} as ${quoteName(deleted.as)}`);
  }
  const place = placeColumn(definition, reading.table);
  if (place !== null) {
    row.push(place.own);
  }
  const marksVersions = usesVersions(definition) && !isIdle(reading.now);
  if (marksVersions) {
    row.push(foundByVersion(definition) ? versionToRemember("t", reading.now, bind) : "null");
  }
  const where = whereAll([
    rowCondition(definition, { reading, range }, bind),
    behind === null ? null : isBehind(definition, { table: reading.table, behind }, bind),
  ]);
  const rows = `select ${row.join(", ")} from ${reading.table.quoted} as t${where}${placeOrder(definition)}`;
  const noPlace = place?.other ?? null;
  const buried = behind === null ? buriedKeys(definition, { reading, range, noPlace }, bind) : null;
  return {
    text: buried === null ? rows : `${buried} union all (${rows})`,
    values,
    marksVersions,
    tellsPlaces: place !== null,
  };
}

/** Whether rows are found by the versions of the table, or of its tombstones. */
export function usesVersions(definition: PostgresDefinition): boolean {
  const { incremental, deleted } = definition;
  return (
    foundByVersion(definition) ||
    (incremental?.by === "cursor-column" && deleted?.by === "tombstones")
  );
}

/** Whether the table's own rows are found by their versions. */
export function foundByVersion({ table, incremental }: PostgresDefinition): boolean {
  return table !== undefined && (incremental?.by ?? "snapshot") === "snapshot";
}

function binder(values: unknown[]): Bind {
  return (value) => `$${values.push(value)}`;
}

function rowCondition(
  { incremental }: PostgresDefinition,
  { reading, range }: { reading: TableReading; range: Range },
  bind: Bind,
): string | null {
  if (range.kind === "full") {
    return null;
  }
  if (range.kind === "window") {
    return incremental?.by === "cursor-column" ? inWindow(incremental.column, range, bind) : null;
  }
  const changed = changedSince("t", { since: range.since, now: reading.now }, bind);
  if (incremental?.by !== "snapshot" || incremental.narrow === undefined) {
    return changed;
  }
  const column = `t.${quoteName(incremental.narrow.column)}`;
  const oldest = `${bind(range.at)}::timestamptz - ${bind(incremental.narrow.overlapMs)} * interval '1 ms'`;
  return `${changed} and (${column} is null or ${column} >= ${oldest})`;
}

/** Rows without a value are always read, because the time of their last write is unknown. */
function inWindow(column: string, range: { from: string; to: string }, bind: Bind): string {
  const name = `t.${quoteName(column)}`;
  const from = `${bind(range.from)}::timestamptz`;
  const to = `${bind(range.to)}::timestamptz`;
  return `((${name} >= ${from} and ${name} < ${to}) or ${name} is null)`;
}

function isDeleted({ deleted }: PostgresDefinition, { table }: TableReading, bind: Bind): string {
  if (deleted?.by !== "soft-delete") {
    return "false";
  }
  const column = `t.${quoteName(deleted.column)}`;
  if (deleted.values !== undefined) {
    return `coalesce(${column}::text = any(${bind(deleted.values)}::text[]), false)`;
  }
  const isBoolean = columnNamed(table, deleted.column).type === "boolean";
  return isBoolean ? `coalesce(${column}, false)` : `(${column} is not null)`;
}

function buriedKeys(
  definition: PostgresDefinition,
  { reading, range, noPlace }: { reading: TableReading; range: Range; noPlace: string | null },
  bind: Bind,
): string | null {
  const { deleted } = definition;
  const { tombstones, columns, now } = reading;
  if (deleted?.by !== "tombstones" || tombstones === null) {
    return null;
  }
  const graveOf = new Map(Object.entries(deleted.key));
  const row = columns.map(({ name, type }) => {
    const grave = graveOf.get(name);
    const value = grave === undefined ? "null" : `d.${quoteName(grave)}::${type}`;
    return `${value} as ${quoteName(name)}`;
  });
  row.push(`true as ${quoteName(deleted.as)}`);
  if (noPlace !== null) {
    row.push(noPlace);
  }
  if (usesVersions(definition) && !isIdle(now)) {
    row.push(versionToRemember("d", now, bind));
  }
  const sameKey = [...graveOf].map(([key, grave]) => `t.${quoteName(key)} = d.${quoteName(grave)}`);
  const lives = `exists (select from ${reading.table.quoted} as t where ${sameKey.join(" and ")})`;
  const changed =
    range.kind === "full" ? "" : ` and ${changedSince("d", { since: range.since, now }, bind)}`;
  return `select ${row.join(", ")} from ${tombstones.quoted} as d where not ${lives}${changed}`;
}

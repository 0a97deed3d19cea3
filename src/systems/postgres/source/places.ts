import { z } from "zod";
import { AppError } from "../../../domain/errors.ts";
import { CannotGoOn, parsePlace } from "../../../domain/source.ts";
import { quotedList } from "../../../domain/values/quoted-list.ts";
import { quoteName } from "../names.ts";
import type { PostgresDefinition } from "./definition.ts";
import { formatCursor, type KeptCursor, parseCursor } from "./kept-cursor.ts";
import type { Reading } from "./reading.ts";
import { columnNamed, type SourceTable, shapeOf } from "./source-table.ts";
import type { Bind } from "./versions.ts";

/**
 * Where a read can stop and another one go on.
 *
 * **In the table's files**: behind the place of a row (`ctid`) in each of its files; partitions and children have files of
 * their own. Why nothing is lost: a row version keeps its place as long as it lives, and each file is read from its
 * first page to its last. So a version that the first read's snapshot saw, and that is still there, lies either before
 * the place and was returned, or behind it and will be. One that was written since may lie anywhere, and the next
 * increment finds it, because the next cursor is that of the *first* read:
 * - by `snapshot`, because its transaction was running at the first snapshot, or had no id yet (`versions.ts`). For the
 *   same reason only the first read may say which transactions were seen.
 * - by `cursor-column`, because whoever writes sets the column, and to an instant that is not before the first read's
 *   edge (`edge.ts`).
 *
 * Neither holds for `none`, whose next read would come too late for those who replace what they have.
 *
 * What would break it, and what is done about it:
 * - TRUNCATE, VACUUM FULL, CLUSTER, pg_repack and rewriting ALTER TABLE give a table another file: the read begins anew.
 *   A partition that is gone has no rows to read, and one that was attached is read whole.
 * - Another table of that name, other columns, another server or a restored one: it begins anew.
 * - An index scan, or scans that begin where others are, bring rows in another order: both are switched off
 *   (`server.ts`). Places are compared as they come all the same, and from the first that does not rise there is none.
 *
 * **By a key** that the definition names, for what has no files, or whose rows must each be in one file: rows are read in
 * its order. A row whose key does not change was returned, or will be. A key with a null, or two rows that follow each
 * other with the same, are refused.
 */
export type PlaceWay = "file" | "key";

/** @param table null for a query @returns null when a read cannot stop */
export function placeWay(
  { key, incremental }: PostgresDefinition,
  table: Pick<SourceTable, "isStored"> | null,
): PlaceWay | null {
  if (key !== undefined) {
    return "key";
  }
  return table?.isStored === true && incremental?.by !== "none" ? "file" : null;
}

/** Behind which rows a read goes on: by the table's id, or by the name of the key's column. */
type Behind = Readonly<Record<string, string>>;

export interface Places {
  /** @param place as {@link placeColumn} gives it; null or empty: the row is of another table */
  add(place: string | null): void;
  /** @returns behind which rows a read can go on; null when it cannot */
  last(): Behind | null;
}

export function placesOf(
  definition: PostgresDefinition,
  table: SourceTable | null,
  behind: Behind | null,
): Places | null {
  const way = placeWay(definition, table);
  if (way === "key") {
    return keyPlaces(definition, behind);
  }
  return way === null ? null : filePlaces(table?.id ?? 0, behind);
}

function filePlaces(rootId: number, behind: Behind | null): Places {
  const last = new Map(Object.entries(behind ?? {}));
  const orders = new Map([...last].map(([table, place]) => [table, orderOf(place)]));
  let rise = true;
  return {
    add: (text) => {
      if (text === null || !rise) {
        return;
      }
      const start = text.indexOf("(");
      const table = start === 0 ? String(rootId) : text.slice(0, start);
      const place = text.slice(start);
      const order = orderOf(place);
      rise = order > (orders.get(table) ?? -1);
      orders.set(table, order);
      last.set(table, place);
    },
    last: () => (rise && last.size > 0 ? Object.fromEntries(last) : null),
  };
}

/** A page holds less than 2^16 rows. */
function orderOf(place: string): number {
  const comma = place.indexOf(",");
  return Number(place.slice(1, comma)) * 65_536 + Number(place.slice(comma + 1, -1));
}

function keyPlaces({ key = [] }: PostgresDefinition, behind: Behind | null): Places {
  let last = behind === null ? "" : JSON.stringify(key.map((name) => behind[name]));
  const refusal = (because: string): AppError =>
    new AppError(
      "source-invalid",
      `Cannot read by key ${quotedList(key)}: ${because}; name columns that tell each row from every other`,
    );
  return {
    add: (place) => {
      if (place === null) {
        throw refusal("a row has no value there");
      }
      if (place === "") {
        return;
      }
      if (place === last) {
        throw refusal("two rows have the same");
      }
      last = place;
    },
    last: () => {
      if (last === "") {
        return null;
      }
      const values = JSON.parse(last) as string[];
      return Object.fromEntries(key.map((name, index) => [name, values[index] ?? ""]));
    },
  };
}

/** What tells the place of a row, and what stands there in rows of another table; both in SQL. */
export function placeColumn(
  definition: PostgresDefinition,
  table: SourceTable | null,
): { readonly own: string; readonly other: string } | null {
  const { key = [] } = definition;
  switch (placeWay(definition, table)) {
    case null:
      return null;
    case "key": {
      const names = key.map(quoted);
      const texts = names.map((name) => `${name}::text`).join(", ");
      const isWhole = `row(${names.join(", ")}) is not null`;
      return { own: `case when ${isWhole} then json_build_array(${texts})::text end`, other: "''" };
    }
    case "file":
      return hasOneFile(table)
        ? { own: "t.ctid", other: "null::tid" }
        : { own: "t.tableoid::text || t.ctid::text", other: "null" };
  }
}

/** The condition, in SQL, that a row is behind the place. */
export function isBehind(
  definition: PostgresDefinition,
  { table, behind }: { table: SourceTable | null; behind: Behind },
  bind: Bind,
): string {
  const { key = [] } = definition;
  if (placeWay(definition, table) === "key") {
    const values = key.map((name) => bind(behind[name]));
    return `(${key.map(quoted).join(", ")}) > (${values.join(", ")})`;
  }
  return table !== null && hasOneFile(table)
    ? `t.ctid > ${bind(behind[table.id])}::tid`
    : `t.ctid > coalesce((${bind(JSON.stringify(behind))}::jsonb ->> t.tableoid::text)::tid, '(0,0)')`;
}

/** The order, in SQL, in which rows have to come; empty where they come so. */
export function placeOrder({ key }: PostgresDefinition): string {
  return key === undefined ? "" : ` order by ${key.map(quoted).join(", ")}`;
}

/** @throws AppError `source-invalid` when the table has no such column */
export function checkKey({ key = [] }: PostgresDefinition, table: SourceTable): void {
  for (const name of key) {
    columnNamed(table, name);
  }
}

function quoted(name: string): string {
  return `t.${quoteName(name)}`;
}

function hasOneFile(table: SourceTable | null): boolean {
  return table?.tableIds.length === 1;
}

/** What a read that goes on needs to know of those before it. */
export interface KeptPlace {
  readonly behind: Behind;
  /** The cursor that they would have left, had they ended there; of their first snapshot. */
  readonly kept: KeptCursor;
  /** {@link SourceTable.files} of the tables; empty for a key. */
  readonly files: Readonly<Record<string, number>>;
}

const PlaceText = z.strictObject({
  v: z.literal(2),
  behind: z.record(z.string(), z.string()),
  cursor: z.string(),
  files: z.record(z.string(), z.int()),
});

export function formatPlace({ behind, kept, files }: KeptPlace): string {
  const own = Object.keys(behind).flatMap((id) => (id in files ? [[id, files[id]]] : []));
  const text = { v: 2, behind, cursor: formatCursor(kept), files: Object.fromEntries(own) };
  return JSON.stringify(text);
}

/** @throws CannotGoOn when another version has written it */
export function parseKeptPlace(text: string | null): KeptPlace | null {
  if (text === null) {
    return null;
  }
  const { behind, cursor, files } = parsePlace(text, PlaceText, "the table");
  const kept = parseCursor(cursor);
  if (kept === null) {
    throw new CannotGoOn("Cannot go on with the table: its cursor is of another version");
  }
  return { behind, kept, files };
}

/**
 * The reading that goes on: the tables as they are now, under the state of the server that the first read saw.
 *
 * @param of digest of the definition
 * @throws CannotGoOn
 */
export function goOnFrom(
  { kept, files, behind }: KeptPlace,
  present: Reading,
  { of, key = [] }: { of: string; key: PostgresDefinition["key"] },
): Reading {
  const { table, server } = present;
  const shape = table === null ? null : shapeOf(table.table.id, table.columns);
  const isSame =
    kept.of === of &&
    key.every((name) => name in behind) &&
    kept.cluster === server.cluster &&
    kept.since.snapshot.xmax <= server.snapshot.xmax &&
    JSON.stringify(kept.shape) === JSON.stringify(shape) &&
    Object.entries(files).every(([id, file]) => (table?.table.files[id] ?? file) === file);
  if (!isSame) {
    throw new CannotGoOn("Cannot go on with the table: it, or its server, is not what it was");
  }
  return {
    server: { ...server, snapshot: kept.since.snapshot, at: kept.at },
    table,
    seen: kept.since.seen,
    tableIds: kept.since.tableIds,
  };
}

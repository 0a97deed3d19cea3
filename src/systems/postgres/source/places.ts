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
 * Places where a read can stop and another read can continue.
 *
 * **In the table's files**: after the position of a row (`ctid`) in each file; partitions and children have files of
 * their own. Nothing is lost: a row version keeps its position as long as it lives, and each file is read from its
 * first page to its last. Take a version that the first read's snapshot saw and that still exists. It lies either
 * before the place and was returned, or after it and will be. A version written since may lie anywhere. The next
 * increment finds it, because the next cursor is that of the *first* read:
 * - by `snapshot`, because its transaction was running at the first snapshot, or had no id yet (`versions.ts`). For the
 *   same reason, only the first read may say which transactions were seen.
 * - by `cursor-column`, because every writer sets the column to an instant that is not before the first read's edge
 *   (`edge.ts`).
 *
 * Neither holds for `none`: its next read may come too late for readers that replace all they have.
 *
 * These events would break it; each is handled:
 * - TRUNCATE, VACUUM FULL, CLUSTER, pg_repack and rewriting ALTER TABLE give a table another file: the read begins
 *   again. A detached partition has no rows to read, and a new one is read whole.
 * - Another table of that name, other columns, another server or a restored one: the read begins again.
 * - An index scan, or a scan that joins another one in the middle, returns rows in another order. Both are switched off
 *   (`server.ts`). Positions are compared all the same: after the first one that does not rise, the read has no place.
 *
 * **By a key** that the definition names: for rows without files, or where one file must hold each row. Rows are read
 * in the key's order. A row whose key does not change was returned, or will be. A null in the key, or two consecutive
 * rows with the same key, is refused.
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

/** Place of the read, by the table's id or by the name of the key's column. It continues with the rows after it. */
type Behind = Readonly<Record<string, string>>;

export interface Places {
  /** @param place as {@link placeColumn} gives it; null or empty: the row comes from another table */
  add(place: string | null): void;
  /** @returns the rows after which a read can continue; null when it cannot */
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

/** The expression for the place of a row, and its value for rows of another table; both in SQL. */
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

/** The condition, in SQL, that a row comes after the place. */
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

/** The required order of the rows, in SQL; empty where they come in it anyway. */
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

/** State that another read needs to continue. */
export interface KeptPlace {
  readonly behind: Behind;
  /** The cursor of the reads so far, as if they had ended there; it is that of their first snapshot. */
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

/** @throws CannotGoOn when another version wrote it */
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
 * The continued reading: the tables as they are now, with the server's state that the first read saw.
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

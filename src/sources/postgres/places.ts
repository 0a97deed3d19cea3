import { z } from "zod";
import { CannotGoOn } from "../../domain/source.ts";
import { formatCursor, type KeptCursor, parseCursor } from "./kept-cursor.ts";
import type { Reading } from "./reading.ts";
import { shapeOf } from "./table.ts";

/**
 * Where a read of a table can stop and another one go on: behind the place of a row in the table's file (`ctid`).
 *
 * Why nothing is lost. A table is read from its first page to its last (`synchronize_seqscans` is off), and a row version
 * keeps its place as long as it lives. So a version that the first read's snapshot saw, and that is still there, lies
 * either before the place and was returned, or behind it and will be. One that was written since may lie anywhere. Its
 * transaction was running when the first snapshot was taken, or had no id yet, so the next increment finds it
 * (`versions.ts`), because the next cursor is that of the *first* snapshot. For the same reason only the first read may
 * say which transactions were seen.
 *
 * What would break it, and what is done about it:
 * - TRUNCATE, VACUUM FULL, CLUSTER, pg_repack and rewriting ALTER TABLE give the table another file: the read begins anew.
 * - Another table of that name, other columns, another server or a restored one: it begins anew.
 * - An index can bring rows in another order. Places are compared as they come, and from the first that does not rise
 *   there is no place any more.
 *
 * Tables with partitions or children have several files, and no place; neither have queries and views.
 */
export interface Places {
  /** @param place of a row, `(page,number)`; null: the row is in another table */
  add(place: string | null): void;
  /** @returns the place of the last row; null when a read cannot go on behind it */
  last(): string | null;
}

export function placesOf(behind: string | null): Places {
  let last = behind;
  let order = behind === null ? -1 : orderOf(behind);
  let rise = true;
  return {
    add: (place) => {
      if (place === null || !rise) {
        return;
      }
      const next = orderOf(place);
      rise = next > order;
      order = next;
      last = place;
    },
    last: () => (rise ? last : null),
  };
}

/** A page holds less than 2^16 rows. */
function orderOf(place: string): number {
  const comma = place.indexOf(",");
  return Number(place.slice(1, comma)) * 65_536 + Number(place.slice(comma + 1, -1));
}

/** What a read that goes on needs to know of those before it. */
export interface KeptPlace {
  readonly behind: string;
  /** The cursor that they would have left, had they ended there; of their first snapshot. */
  readonly kept: KeptCursor;
  /** {@link Table.fileId} */
  readonly fileId: number;
}

const PlaceText = z.strictObject({
  v: z.literal(1),
  behind: z.string().regex(/^\(\d+,\d+\)$/),
  cursor: z.string(),
  fileId: z.int(),
});

export function formatPlace({ behind, kept, fileId }: KeptPlace): string {
  const text: z.input<typeof PlaceText> = { v: 1, behind, cursor: formatCursor(kept), fileId };
  return JSON.stringify(text);
}

/** @throws CannotGoOn when another version has written it */
export function parsePlace(text: string | null): KeptPlace | null {
  if (text === null) {
    return null;
  }
  const parsed = PlaceText.safeParse(JSON.parse(text));
  const kept = parsed.success ? parseCursor(parsed.data.cursor) : null;
  if (!parsed.success || kept === null) {
    throw new CannotGoOn("Cannot go on with the table: its place is of another version");
  }
  const { behind, fileId } = parsed.data;
  return { behind, kept, fileId };
}

/**
 * The reading that goes on: the tables as they are now, under the state of the server that the first read saw.
 *
 * @param of digest of the definition
 * @throws CannotGoOn
 */
export function goOnFrom({ kept, fileId }: KeptPlace, present: Reading, of: string): Reading {
  const { table, server } = present;
  const isSame =
    table !== null &&
    kept.of === of &&
    kept.cluster === server.cluster &&
    kept.since.snapshot.xmax <= server.snapshot.xmax &&
    fileId === table.table.fileId &&
    JSON.stringify(kept.shape) === JSON.stringify(shapeOf(table.table.id, table.columns));
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

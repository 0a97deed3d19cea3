import { z } from "zod";
import { shortDigest } from "../../../domain/values/digest.ts";
import type { PostgresDefinition } from "./definition.ts";
import type { ServerState } from "./server.ts";
import { type SourceTable, stillTrue, type TableShape } from "./source-table.ts";
import { MAX_SEEN, MAX_WINDOW_IDS, type Since } from "./versions.ts";

/**
 * The cursor that a read leaves for the next one, as the JSON text `nextCursor`.
 *
 * A cursor belongs to the rows of *one definition* in *one history of one database*. If any of these has changed, the
 * cursor is not valid, and the next read is a full one. It is never a guess.
 */
export interface KeptCursor {
  /** See {@link definitionDigest}. */
  readonly of: string;
  /** See {@link ServerState.cluster}. */
  readonly cluster: string;
  /** See {@link ServerState.at}. */
  readonly at: string;
  readonly since: Since;
  /** Shape of the table; null for a query. */
  readonly shape: TableShape | null;
  /** End of the window of the cursor column, exclusive; null for the other ways. */
  readonly to: string | null;
}

const FORMAT_VERSION = 1;
const Id = z.int().nonnegative();

const CursorText = z.strictObject({
  v: z.literal(FORMAT_VERSION),
  of: z.string(),
  cluster: z.string(),
  at: z.iso.datetime(),
  snapshot: z.tuple([Id, Id]),
  /** Distances above the snapshot's xmin. */
  seen: z.array(Id).max(MAX_SEEN),
  tables: z.array(Id),
  shape: z.strictObject({ tableId: Id, lastColumn: Id, digest: z.string() }).nullable(),
  to: z.iso.datetime().nullable(),
});

export function formatCursor(cursor: KeptCursor): string {
  const { snapshot, seen, tableIds } = cursor.since;
  const text: z.input<typeof CursorText> = {
    v: FORMAT_VERSION,
    of: cursor.of,
    cluster: cursor.cluster,
    at: cursor.at,
    snapshot: [snapshot.xmin, snapshot.xmax],
    seen: seen.map((id) => id - snapshot.xmin),
    tables: [...tableIds],
    shape: cursor.shape,
    to: cursor.to,
  };
  return JSON.stringify(text);
}

/** @returns null for a text of another version, or one that is not a cursor of this source */
export function parseCursor(text: string): KeptCursor | null {
  const parsed = CursorText.safeParse(jsonOrNull(text));
  if (!parsed.success) {
    return null;
  }
  const { of, cluster, at, snapshot, seen, tables, shape, to } = parsed.data;
  const [xmin, xmax] = snapshot;
  const since = { snapshot: { xmin, xmax }, seen: seen.map((id) => id + xmin), tableIds: tables };
  return { of, cluster, at, since, shape, to };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Changes with everything that decides which rows and columns a definition reads. */
export function definitionDigest(definition: PostgresDefinition): string {
  const { table, columns, query, parameters, incremental, deleted, rowSecurity } = definition;
  const way = incremental?.by === "cursor-column" ? incremental.column : incremental?.by;
  // rows that were hidden before have no new version by which a later read could find them
  const hiding = rowSecurity === "apply" ? [rowSecurity] : [];
  return shortDigest([table, columns, query, parameters, way, deleted, ...hiding]);
}

/** The present state, to compare with a cursor. */
export interface Present {
  readonly of: string;
  readonly server: ServerState;
  /** Null for a query. */
  readonly table: Pick<SourceTable, "id" | "columns"> | null;
  /** Whether rows are found by transaction ids. A read by cursor column may come from a replica that lags behind. */
  readonly trustsIds: boolean;
}

/**
 * Finds out whether a read can continue from a cursor.
 *
 * @returns the reason why not, in words for operators and subscribers; null when it can
 */
export function whyNotFrom(cursor: KeptCursor | null, present: Present): string | null {
  if (cursor === null) {
    return "the cursor is of another version or damaged";
  }
  if (cursor.of !== present.of) {
    return "the definition of the source has changed";
  }
  if (cursor.cluster !== present.server.cluster) {
    return "the database is another one, or was restored or failed over, since the last read";
  }
  return whyNotFromSnapshot(cursor, present) ?? whyNotFromShape(cursor, present);
}

function whyNotFromSnapshot(
  { since }: KeptCursor,
  { server: { snapshot }, trustsIds }: Present,
): string | null {
  if (!trustsIds) {
    return null;
  }
  if (snapshot.xmax < since.snapshot.xmax) {
    return "transaction ids run backwards: the database was restored since the last read";
  }
  return snapshot.xmax - since.snapshot.xmin >= MAX_WINDOW_IDS
    ? "the last read is so many transactions ago that ids cannot be told apart"
    : null;
}

function whyNotFromShape({ shape }: KeptCursor, { table }: Present): string | null {
  if (shape === null || table === null) {
    return null;
  }
  if (shape.tableId !== table.id) {
    return "the table was replaced by another of the same name since the last read";
  }
  return stillTrue(shape, table.columns)
    ? null
    : "the table's columns have changed since the last read";
}

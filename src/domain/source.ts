import type { z } from "zod";
import type { Column, Row } from "../formats/rows.ts";

/**
 * A place that an export reads rows from. One implementation a kind, in `systems/`.
 *
 * A source never lets a row fall through the edge between two runs: a row version that an earlier read could not see
 * is returned by a later one. It may return a version twice; it never leaves one out.
 */
export interface Source {
  /**
   * Starts one read. Rows flow in batches and only as fast as they are taken.
   *
   * @param request.cursor what the last published read left in {@link SourceRead.nextCursor}; null: read everything
   * @throws AppError `source-invalid` (table, column or setting that cannot work), `source-unavailable` (try again)
   * @throws CannotGoOn
   */
  read(request: ReadRequest): Promise<SourceRead>;
}

export interface ReadRequest {
  readonly cursor: string | null;
  /** Full reads return every row whatever the cursor says, and still leave a cursor behind. */
  readonly mode: "full" | "incremental";
  /** Ends the read early, e.g. because the run's lock is lost. */
  readonly signal: AbortSignal;
  /** Goes on where an earlier read of the same request has stopped: what its {@link SourceRead.place} said. */
  readonly place?: string | null;
}

/** A read cannot go on from a place any more, for instance because the table was rewritten: it has to begin anew. */
export class CannotGoOn extends Error {}

/**
 * What stands in the text of a place.
 *
 * @param what completes "Cannot go on with ", for the message
 * @throws CannotGoOn when another version has written it
 */
export function parsePlace<Place>(text: string, schema: z.ZodType<Place>, what: string): Place {
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) {
    throw new CannotGoOn(`Cannot go on with ${what}: its place is of another version`);
  }
  return parsed.data;
}

export interface SourceRead {
  readonly columns: readonly Column[];
  /**
   * What was really read: `full` for the first read, and when the source noticed that the cursor means nothing any
   * more, for instance after a restore.
   */
  readonly mode: "full" | "incremental";
  /** Why an incremental read became a full one, in words for an operator and for subscribers; null when it did not. */
  readonly fullBecause: string | null;
  /** To be iterated once, to the end or to a `return()`, which frees the connection. */
  readonly batches: AsyncIterable<readonly Row[]>;
  /**
   * Where another read can go on behind the batches that were taken so far; null: nowhere yet. Missing when it never can.
   * Each place differs from those before it, and holds no secret in the clear.
   *
   * Rows that change between the two reads may be in neither of them. They are in the one that starts from the next
   * cursor, which is that of the first: what was not there when the first read began is read again.
   */
  place?(): string | null;
  /**
   * The cursor for the next read; known only after the last batch.
   * @throws Error when called before `batches` has ended
   */
  nextCursor(): string;
  /** The window that this read covers, in the source's own words, for the event's `from` and `to`; null: from the beginning. */
  window(): { from: string | null; to: string };
}

/** A named connection whose secrets come from the app's settings and never stand in a definition. */
export interface Connections {
  /**
   * @returns the setting of the connection
   * @throws AppError `connection-unknown`, with the names that exist; `connection-invalid`, with what is wrong
   */
  get(name: string): Connection;
}

/** What a setting says about a connection; all but its kind is known to its system alone. */
export interface Connection {
  readonly kind: string;
}

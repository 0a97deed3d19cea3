import type { z } from "zod";
import type { Column, Row } from "../formats/rows.ts";

/**
 * A place from which an export reads rows. One implementation per kind, in `systems/`.
 *
 * A source never loses a row between two runs: a row version that an earlier read could not see is returned by a later
 * one. It may return a version twice, but never leaves one out.
 */
export interface Source {
  /**
   * Starts one read. Rows flow in batches, only as fast as they are taken.
   *
   * @param request.cursor {@link SourceRead.nextCursor} of the last published read; null: read everything
   * @throws AppError `source-invalid` (table, column or setting that cannot work), `source-unavailable` (try again)
   * @throws CannotGoOn
   */
  read(request: ReadRequest): Promise<SourceRead>;
}

export interface ReadRequest {
  readonly cursor: string | null;
  /** Full reads ignore the cursor and return every row. They leave a cursor, too. */
  readonly mode: "full" | "incremental";
  /** Ends the read early, e.g. because the run's lock is lost. */
  readonly signal: AbortSignal;
  /** Continues where an earlier read of the same request stopped: the value of its {@link SourceRead.place}. */
  readonly place?: string | null;
}

/**
 * A read cannot continue from a place any more, for instance because the table was rewritten. It has to begin again.
 */
export class CannotGoOn extends Error {}

/**
 * Parses the text of a place.
 *
 * @param what completes "Cannot go on with ", for the message
 * @throws CannotGoOn when another version wrote it
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
   * The actual mode of the read. It is `full` for the first read, and if the source found the cursor invalid, for
   * instance after a restore.
   */
  readonly mode: "full" | "incremental";
  /** Why an incremental read became a full one, in words for operators and subscribers; null when it did not. */
  readonly fullBecause: string | null;
  /** Iterate once, to the end or to a `return()`, which frees the connection. */
  readonly batches: AsyncIterable<readonly Row[]>;
  /**
   * Place from which another read can continue after the batches taken so far; null: not yet. Undefined when the source
   * never can. Each place differs from the earlier ones, and holds no readable secret.
   *
   * Rows that change between the two reads may be in neither. The read that starts from the next cursor returns them.
   * It is the cursor of the first read, so all changes since the beginning of the first read are read again.
   */
  place?(): string | null;
  /**
   * The cursor for the next read; known only after the last batch.
   * @throws Error when called before `batches` has ended
   */
  nextCursor(): string;
  /** The window of this read, in the source's own words, for the event's `from` and `to`; null: from the beginning. */
  window(): { from: string | null; to: string };
}

/** Named connections. Their secrets come from the app's settings and never stand in a definition. */
export interface Connections {
  /**
   * @returns the setting of the connection
   * @throws AppError `connection-unknown`, with the existing names; `connection-invalid`, with the fault
   */
  get(name: string): Connection;
}

/** A connection's setting. Only its system knows more of it than its kind. */
export interface Connection {
  readonly kind: string;
}

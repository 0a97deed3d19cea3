import type pg from "pg";
import Cursor from "pg-cursor";
import { type CheckOutOptions, postgresPools } from "../pools.ts";
import { READ_FAILURES, readFailure } from "./source-errors.ts";

/**
 * One connection for one read. If the read ends well the connection goes back to its pool; otherwise it is closed.
 *
 * When `signal` aborts, the connection is closed at once. Every pending call rejects with the signal's reason.
 */
export interface ReadSession {
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Names and type ids of a statement's columns, found without running it. */
  describe(text: string, values: readonly unknown[]): Promise<Field[]>;
  /** Runs a statement. Its rows are then taken batch by batch. */
  open(text: string, values: readonly unknown[]): Rows;
  /** Gives the connection back to the pool. It must be outside of a transaction. */
  release(): void;
  /** Closes the connection in any state. May be called twice, and after `release`. */
  discard(): void;
}

export interface Field {
  readonly name: string;
  readonly typeId: number;
  /** Modifier of the type in PostgreSQL's own form, such as a numeric's precision; -1: none. */
  readonly modifier: number;
}

export interface Rows {
  /**
   * @param count most rows to take; fewer come only at the end
   * @throws AppError `source-unavailable` after `timeoutMs`
   */
  take(count: number, timeoutMs: number): Promise<(string | null)[][]>;
}

export interface SessionOptions extends CheckOutOptions {
  /** Purpose of the session; completes "Cannot ", for messages. */
  readonly what: string;
}

const pools = postgresPools({ keepAliveMs: 0, names: READ_FAILURES });

/** Ends all pools. All reads must have ended. */
export function closeReadPools(): Promise<void> {
  return pools.close();
}

/** @throws AppError `source-unavailable`, `source-invalid`; the signal's reason */
export async function openReadSession(options: SessionOptions): Promise<ReadSession> {
  const { signal, what } = options;
  const { client, release, discard } = await pools.checkOut(options);

  async function named<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      throw signal.aborted ? signal.reason : readFailure(error, what);
    }
  }

  return {
    query: async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) => {
      const result = await named(client.query<Row>(text, [...values]));
      return result.rows;
    },
    describe: async (text, values) => {
      const config: ExtendedQuery = {
        text: `select * from (${text}\n) as described limit 0`,
        values: [...values],
        queryMode: "extended",
      };
      const { fields } = await named(client.query(config));
      return fields.map((field) => ({
        name: field.name,
        typeId: field.dataTypeID,
        modifier: field.dataTypeModifier,
      }));
    },
    open: (text, values) => {
      const config = { rowMode: "array" as const, types: AS_TEXT };
      const cursor = client.query(new Cursor<(string | null)[]>(text, [...values], config));
      return {
        take: (count, timeoutMs) => named(within(timeoutMs, discard, cursor.read(count))),
      };
    },
    release,
    discard,
  };
}

/** For a text without values the driver prefers the simple protocol, which would run several statements at once. */
interface ExtendedQuery extends pg.QueryConfig {
  readonly queryMode: "extended";
}

/** The driver parses no value, so none is rounded. */
const AS_TEXT = { getTypeParser: () => (text: string) => text };

async function within<Result>(
  timeoutMs: number,
  giveUp: () => void,
  work: Promise<Result>,
): Promise<Result> {
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    giveUp();
  }, timeoutMs);
  try {
    return await work;
  } catch (error) {
    throw timedOut ? new Error(`timeout exceeded: no rows within ${timeoutMs} ms`) : error;
  } finally {
    clearTimeout(timer);
  }
}

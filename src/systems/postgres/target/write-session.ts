import type pg from "pg";
import { type CheckOutOptions, postgresPools } from "../pools.ts";
import { copyIn } from "./copy-in.ts";
import { WRITE_FAILURES } from "./target-errors.ts";

/**
 * One connection, checked out for one writer: either it ends well and goes back to its pool, or it is closed.
 *
 * When `signal` aborts, the connection is closed at once and whatever waits on it rejects with the signal's reason.
 * Other errors rise as the driver has them, because some tell about single rows.
 */
export interface WriteSession {
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Runs one or more statements without values. */
  run(text: string): Promise<void>;
  /** Runs `COPY ... FROM STDIN`. */
  copy(text: string, chunks: Iterable<string>): Promise<void>;
  /** Gives the connection back, to be used again; it must be outside of a transaction. */
  release(): void;
  /** Closes the connection, in whatever state it is. May be called twice, and after `release`. */
  discard(): void;
}

const pools = postgresPools({ keepAliveMs: 30_000, names: WRITE_FAILURES });

/** Ends all pools; writers must have been closed. */
export function closeWritePools(): Promise<void> {
  return pools.close();
}

/** @throws AppError `target-unavailable`, `target-invalid`; the signal's reason */
export async function openWriteSession(options: CheckOutOptions): Promise<WriteSession> {
  const { signal } = options;
  const { client, isOpen, release, discard } = await pools.checkOut(options);

  async function unlessAborted<Result>(work: () => Promise<Result>): Promise<Result> {
    signal.throwIfAborted();
    if (!isOpen()) {
      throw new Error("Connection ended");
    }
    try {
      return await work();
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  }

  return {
    query: async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) => {
      const result = await unlessAborted(() => client.query<Row>(text, [...values]));
      return result.rows;
    },
    run: async (text) => {
      await unlessAborted(() => client.query(text));
    },
    copy: (text, chunks) => unlessAborted(() => copyIn(client, text, chunks)),
    release,
    discard,
  };
}

import type pg from "pg";
import { type CheckOutOptions, postgresPools } from "../pools.ts";
import { copyIn } from "./copy-in.ts";
import { WRITE_FAILURES } from "./target-errors.ts";

/**
 * One connection for one writer. If the writer ends well the connection goes back to its pool; otherwise it is closed.
 *
 * When `signal` aborts, the connection is closed at once. Every pending call rejects with the signal's reason. Other
 * errors are thrown as the driver made them, because some concern single rows.
 */
export interface WriteSession {
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Runs one or more statements without values. */
  run(text: string): Promise<void>;
  /** Runs `COPY ... FROM STDIN`. */
  copy(text: string, chunks: Iterable<string>): Promise<void>;
  /** Gives the connection back to the pool. It must be outside of a transaction. */
  release(): void;
  /** Closes the connection in any state. May be called twice, and after `release`. */
  discard(): void;
}

const pools = postgresPools({ keepAliveMs: 30_000, names: WRITE_FAILURES });

/** Ends all pools. All writers must have been closed. */
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

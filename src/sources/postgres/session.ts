import pg from "pg";
import Cursor from "pg-cursor";
import { connectFailure, readFailure } from "./postgres-errors.ts";

/**
 * One connection, checked out for one read: either it ends well and goes back to its pool, or it is closed.
 *
 * When `signal` aborts, the connection is closed at once and whatever waits on it rejects with the signal's reason.
 */
export interface Session {
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Names and type ids of a statement's columns, found without running it. */
  describe(text: string, values: readonly unknown[]): Promise<Field[]>;
  /** Runs a statement whose rows are then taken piece by piece. */
  open(text: string, values: readonly unknown[]): Rows;
  /** Gives the connection back, to be used again; it must be outside of a transaction. */
  release(): void;
  /** Closes the connection, in whatever state it is. May be called twice, and after `release`. */
  discard(): void;
}

export interface Field {
  readonly name: string;
  readonly typeId: number;
}

export interface Rows {
  /**
   * @param count how many rows at most; fewer only at the end
   * @throws AppError `source-unavailable` after `timeoutMs`
   */
  take(count: number, timeoutMs: number): Promise<(string | null)[][]>;
}

export interface SessionOptions {
  /** Name of the connection, for messages. */
  readonly connection: string;
  readonly connectionString: string;
  /** What the session is for; completes "Cannot ", for messages. */
  readonly what: string;
  readonly signal: AbortSignal;
}

const POOL_SIZE = 4;
const CONNECT_TIMEOUT_MS = 15_000;
/** Ends the server's work on a query soon after the client has gone. */
const NOTICE_LOST_CLIENT = "set client_connection_check_interval = '5s'";

/** One small pool for each connection string in this process. */
const pools = new Map<string, pg.Pool>();

/** Ends all pools; reads that are under way must have ended. */
export async function closePostgresPools(): Promise<void> {
  const ending = [...pools.values()].map((pool) => pool.end());
  pools.clear();
  await Promise.all(ending);
}

/** @throws AppError `source-unavailable`, `source-invalid`; the signal's reason */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { signal, what } = options;
  const client = await connect(options);
  let isOpen = true;
  const close = (destroy: boolean) => {
    if (isOpen) {
      isOpen = false;
      signal.removeEventListener("abort", discard);
      client.release(destroy);
    }
  };
  const discard = () => close(true);
  signal.addEventListener("abort", discard);

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
      return fields.map(({ name, dataTypeID }) => ({ name, typeId: dataTypeID }));
    },
    open: (text, values) => {
      const config = { rowMode: "array" as const, types: AS_TEXT };
      const cursor = client.query(new Cursor<(string | null)[]>(text, [...values], config));
      return {
        take: (count, timeoutMs) => named(within(timeoutMs, discard, cursor.read(count))),
      };
    },
    release: () => close(false),
    discard,
  };
}

/** The simple protocol, which the driver prefers for a text without values, would run several statements at once. */
interface ExtendedQuery extends pg.QueryConfig {
  readonly queryMode: "extended";
}

/** Nothing is parsed by the driver, so that nothing is rounded. */
const AS_TEXT = { getTypeParser: () => (text: string) => text };

async function connect(options: SessionOptions): Promise<pg.PoolClient> {
  const { connection, connectionString, signal } = options;
  signal.throwIfAborted();
  try {
    return await unlessAborted(poolOf(connectionString).connect(), signal);
  } catch (error) {
    throw signal.aborted ? signal.reason : connectFailure(error, connection);
  }
}

/** Rejects as soon as the signal aborts; a connection that comes later is closed. */
function unlessAborted(
  connecting: Promise<pg.PoolClient>,
  signal: AbortSignal,
): Promise<pg.PoolClient> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    connecting
      .then((client) => (signal.aborted ? client.release(true) : resolve(client)), reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}

function poolOf(connectionString: string): pg.Pool {
  const existing = pools.get(connectionString);
  if (existing !== undefined) {
    return existing;
  }
  const pool = new pg.Pool({
    connectionString,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    allowExitOnIdle: true,
    application_name: "waybill",
  });
  // The pool itself drops a connection that breaks while idle; without a listener the process would end.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    // Servers before version 14 and on some systems refuse; then a lost client is noticed at the next row.
    client.query(NOTICE_LOST_CLIENT).catch(() => undefined);
  });
  pools.set(connectionString, pool);
  return pool;
}

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

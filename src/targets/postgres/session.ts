import pg from "pg";
import { copyIn } from "./copy-in.ts";
import { connectFailure } from "./postgres-errors.ts";

/**
 * One connection, checked out for one writer: either it ends well and goes back to its pool, or it is closed.
 *
 * When `signal` aborts, the connection is closed at once and whatever waits on it rejects with the signal's reason.
 * Other errors rise as the driver has them, because some tell about single rows.
 */
export interface Session {
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

export interface SessionOptions {
  /** Name of the connection, for messages. */
  readonly connection: string;
  readonly connectionString: string;
  readonly signal: AbortSignal;
}

const POOL_SIZE = 4;
const CONNECT_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 30_000;
/** Ends the server's work soon after the client has gone, and with it the locks that the next attempt waits for. */
const NOTICE_LOST_CLIENT = "set client_connection_check_interval = '5s'";

/** One small pool for each connection string in this process. */
const pools = new Map<string, pg.Pool>();

/** Ends all pools; writers must have been closed. */
export async function closePostgresPools(): Promise<void> {
  const ending = [...pools.values()].map((pool) => pool.end());
  pools.clear();
  await Promise.all(ending);
}

/** @throws AppError `target-unavailable`, `target-invalid`; the signal's reason */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { signal } = options;
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

  async function unlessAborted<Result>(work: () => Promise<Result>): Promise<Result> {
    signal.throwIfAborted();
    if (!isOpen) {
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
    release: () => close(false),
    discard,
  };
}

async function connect(options: SessionOptions): Promise<pg.PoolClient> {
  const { connection, connectionString, signal } = options;
  signal.throwIfAborted();
  try {
    return await connectedUnlessAborted(poolOf(connectionString).connect(), signal);
  } catch (error) {
    throw signal.aborted ? signal.reason : connectFailure(error, connection);
  }
}

/** Rejects as soon as the signal aborts; a connection that comes later is closed. */
function connectedUnlessAborted(
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
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    allowExitOnIdle: true,
    application_name: "waybill",
  });
  // The pool itself drops a connection that breaks while idle; without a listener the process would end.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    // Servers before version 14 and on some systems refuse; then a lost client is noticed at the next statement.
    client.query(NOTICE_LOST_CLIENT).catch(() => undefined);
  });
  pools.set(connectionString, pool);
  return pool;
}

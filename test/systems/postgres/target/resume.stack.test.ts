import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { listenLocally } from "../../../../infra/local/listen.ts";
import {
  aRequest,
  batchesOf,
  type Database,
  startDatabase,
  targetAt,
  writeBatches,
} from "./database.ts";
import { importInChild, numberedRows } from "./import-in-child.ts";

/**
 * A run that is tried again, with the same run id, from the first row of its file. The tables have no key, so a row
 * that is written twice shows.
 */
let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);
const ROWS = 1_000;
const refusedRows = numberedRows(ROWS).flatMap(([no, name]) =>
  name === "short" ? [] : [Number(no)],
);
const COUNTS = "select count(*), count(distinct no) from ";
const ONCE = [[String(ROWS - refusedRows.length), String(ROWS - refusedRows.length)]];

test.each(["insert", "upsert"] as const)(
  "%s: a process killed within and between batches leaves each row once and all refusals",
  async (mode) => {
    const table = `killed_${mode}`;
    await run(
      `create table ${table} (no int ${mode === "upsert" ? "primary key" : ""}, name varchar(5))`,
    );
    const order = {
      connectionString: database.server.connectionString,
      definition: { table: `public.${table}`, mode },
      runId: crypto.randomUUID(),
      rows: ROWS,
      batchRows: 100,
    };

    for (let attempt = 0; attempt < 4; attempt += 1) {
      const child = await importInChild(order);
      for (let batch = 0; batch < attempt * 2; batch += 1) {
        await child.step();
      }
      if (attempt % 2 === 0) {
        await withinBatch(table, child.begin, child.kill);
      } else {
        await child.kill();
      }
    }
    const last = await importInChild(order);
    let report = await last.step();
    while (report.kind === "ready") {
      report = await last.step();
    }

    expect(report.failures).toEqual(refusedRows);
    expect(await database.rows(COUNTS + table)).toEqual(ONCE);
  },
);

/** Holds the writer inside of its batch's transaction, by a lock, while `kill` runs. */
async function withinBatch(table: string, begin: () => void, kill: () => Promise<void>) {
  const holder = await database.connect();
  await holder.query(`begin; lock table ${table} in share mode`);
  begin();
  await vi.waitUntil(async () => (await waiting()) > 0, { timeout: 30_000 });
  await kill();
  await holder.query("rollback");
}

async function waiting(): Promise<number> {
  const [row] = await database.rows("select count(*) from pg_locks where not granted");
  return Number(row?.[0]);
}

test.each([
  ["before the commit", false, 300],
  ["after the commit, before its answer", true, 400],
])("a connection lost %s leaves each row once", async (_, isForwarded, lastKept) => {
  await run("drop table if exists lost; create table lost (no int, name varchar(5))");
  const proxy = await cuttingProxy(database.server.port, { commits: 4, isForwarded });
  const address = new URL(database.server.connectionString);
  address.port = String(proxy.port);
  const request = aRequest("no:integer name");
  const batches = batchesOf(numberedRows(ROWS), 100);
  const definition = { table: "public.lost", mode: "insert" };

  const first = writeBatches(targetAt(address.href, definition), request, batches);
  await expect(first).rejects.toMatchObject({ code: "target-unavailable" });
  const kept = await database.rows("select max(no) from lost");
  const failures = await writeBatches(database.target(definition), request, batches);
  await proxy.stop();

  expect(kept).toEqual([[String(lastKept)]]);
  expect(failures.map(({ row }) => row)).toEqual(refusedRows);
  expect(await database.rows(`${COUNTS}lost`)).toEqual(ONCE);
});

/** Passes everything on, and cuts the connection at the given commit. */
async function cuttingProxy(port: number, cut: { commits: number; isForwarded: boolean }) {
  let commits = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    client.on("data", (data) => {
      commits += data.includes("commit\0") ? 1 : 0;
      if (commits < cut.commits) {
        upstream.write(data);
        return;
      }
      if (cut.isForwarded) {
        upstream.removeAllListeners("data");
        upstream.once("data", () => client.destroy());
        upstream.write(data);
      } else {
        upstream.destroy();
        client.destroy();
      }
    });
    upstream.on("data", (data) => client.write(data));
    client.on("close", () => upstream.destroy());
  });
  const localPort = await listenLocally(server, 0);
  return {
    port: localPort,
    stop: async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      server.close();
      await once(server, "close");
    },
  };
}

test("an attempt that cuts the file into other batches goes on behind the last row", async () => {
  await run("create table cut_anew (no int, name varchar(5))");
  const request = aRequest("no:integer name");
  const target = database.target({ table: "public.cut_anew", mode: "insert" });
  const writer = await target.open(request);
  await writer.write(numberedRows(ROWS).slice(0, 250), 1);
  await writer.write(numberedRows(ROWS).slice(250, 400), 251);
  await writer.close();

  const failures = await writeBatches(target, request, batchesOf(numberedRows(ROWS), 333));
  const again = await writeBatches(target, request, batchesOf(numberedRows(ROWS), 77));

  expect(failures.map(({ row }) => row)).toEqual(refusedRows);
  expect(again).toEqual(failures);
  expect(await database.rows(`${COUNTS}cut_anew`)).toEqual(ONCE);
});

test("another run, and another entity of the run, write their own rows", async () => {
  await run("create table shared (no int, name varchar(5))");
  const target = database.target({ table: "public.shared", mode: "insert" });
  const request = aRequest("no:integer name");
  const batches = [numberedRows(5)];

  await writeBatches(target, request, batches);
  await writeBatches(target, { ...request, entity: "Others" }, batches);
  await writeBatches(target, { ...request, runId: crypto.randomUUID() }, batches);

  expect(await database.rows("select count(*) from shared")).toEqual([["15"]]);
});

test("two attempts of one run at the same time write each row once", async () => {
  await run("create table at_once (no int, name varchar(5))");
  const request = aRequest("no:integer name");
  const target = database.target({ table: "public.at_once", mode: "insert" });

  const outcomes = await Promise.all(
    [100, 70, 30].map((batchRows) =>
      writeBatches(target, request, batchesOf(numberedRows(ROWS), batchRows)),
    ),
  );

  for (const failures of outcomes) {
    expect(failures.map(({ row }) => row)).toEqual(refusedRows);
  }
  expect(await database.rows(`${COUNTS}at_once`)).toEqual(ONCE);
});

test("the end of a run forgets runs that are old, and no others", async () => {
  await run("create schema forgetful; create table forgetful.t (no int, name varchar(5))");
  const target = database.target({ table: "forgetful.t", mode: "insert", keepProgressDays: 2 });
  const [old, recent] = [aRequest("no:integer name"), aRequest("no:integer name")];
  await writeBatches(target, old, [numberedRows(3)]);
  await writeBatches(target, recent, [numberedRows(3)]);
  await run(
    `update forgetful.waybill_progress set written_at = now() - interval '49 hours' where run_id = '${old.runId}'`,
  );

  await writeBatches(target, aRequest("no:integer name"), [numberedRows(3)]);

  const kept = await database.rows("select run_id from forgetful.waybill_progress");
  expect(kept.map(([runId]) => runId)).toContain(recent.runId);
  expect(kept.map(([runId]) => runId)).not.toContain(old.runId);
});

test("tells of progress for each batch that is new, and of none that may still be taken back", async () => {
  await run("create table told (no int, name varchar(5))");
  const target = database.target({ table: "public.told", mode: "insert" });
  const batches = batchesOf(numberedRows(400), 100);
  let told = 0;
  const onProgress = () => {
    told += 1;
  };
  const request = aRequest("no:integer name", { onProgress });

  await writeBatches(target, request, batches.slice(0, 3));
  expect(told).toBe(3);
  await writeBatches(target, request, batches);
  expect(told).toBe(4);
  await writeBatches(target, { ...request, runId: crypto.randomUUID(), atomic: true }, batches);
  await writeBatches(
    target,
    { ...request, runId: crypto.randomUUID(), validateOnly: true },
    batches,
  );
  expect(told).toBe(4);
});

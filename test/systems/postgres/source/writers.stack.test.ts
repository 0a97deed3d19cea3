import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Source } from "../../../../src/domain/source.ts";
import { readAll } from "../../read-all.ts";
import { type Database, startDatabase } from "./database.ts";

/**
 * Checks an export's promises against the traffic that breaks naive readers. Many transactions overlap, commit out of
 * order, write inside savepoints and roll some of them back, while reads run all the time.
 */
let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

const ROWS = 1_000;
const WRITERS = 20;
const TRANSACTIONS = 12;

test("snapshot: the last version read of each row is the row, whatever the writers did", async () => {
  const source = await aTable("by_snapshot", { by: "snapshot" });

  const seen = await readWhileWriting(source, "by_snapshot");

  expect(seen.versions).toEqual(await tableNow("by_snapshot"));
  expect(seen.reads).toBeGreaterThan(5);
  expect(seen.repeats).toBe(0);
});

test("cursor-column: the last version read of each row is the row, as long as the column is now()", async () => {
  const source = await aTable("by_column", {
    by: "cursor-column",
    column: "updated_at",
    edge: { by: "transactions" },
  });

  const seen = await readWhileWriting(source, "by_column");

  expect(seen.versions).toEqual(await tableNow("by_column"));
  expect(seen.reads).toBeGreaterThan(5);
});

async function aTable(name: string, incremental: object): Promise<Source> {
  await database.admin.query(`
    create table ${name} (id int primary key, version text not null, updated_at timestamptz not null default now());
    insert into ${name} select i, 'new' from generate_series(1, ${ROWS}) i`);
  return database.source({ table: `public.${name}`, incremental, batchRows: 100 });
}

async function tableNow(name: string): Promise<Map<string, string>> {
  const { rows } = await database.admin.query<{ id: number; version: string }>(
    `select id, version from ${name}`,
  );
  return new Map(rows.map(({ id, version }) => [String(id), version]));
}

/** Reads again and again while the writers write, then until a read finds nothing new. */
async function readWhileWriting(source: Source, table: string) {
  const versions = new Map<string, string>();
  let [reads, repeats] = [0, 0];
  let cursor: string | null = null;
  const readOnce = async () => {
    const { read, rows, cursor: next } = await readAll(source, cursor);
    for (const [id, version] of rows) {
      repeats += versions.get(id as string) === version ? 1 : 0;
      versions.set(id as string, version as string);
    }
    cursor = next;
    reads += 1;
    return read.window().to;
  };
  await readOnce();
  let isWriting = true;
  const writing = Promise.all(
    Array.from({ length: WRITERS }, (_, writer) => write(table, writer)),
  ).finally(() => {
    isWriting = false;
  });
  while (isWriting) {
    await readOnce();
  }
  await writing;
  // A read by time stays behind the clock on purpose: the last one is the first that reaches the last write.
  const lastWrite = await lastWriteOf(table);
  while ((await readOnce()) <= lastWrite) {}
  return { versions, reads, repeats };
}

async function lastWriteOf(table: string): Promise<string> {
  const { rows } = await database.admin.query<{ at: string }>(
    `select to_char(max(updated_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from ${table}`,
  );
  return rows[0]?.at ?? "";
}

/** A deterministic pseudo-random sequence (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function write(table: string, writer: number): Promise<void> {
  const client = await database.connect();
  const random = randomOf(writer + 1);
  for (let transaction = 0; transaction < TRANSACTIONS; transaction += 1) {
    await client.query("begin");
    for (let change = 0; change < 3; change += 1) {
      await update(client, table, { random, value: `${writer}.${transaction}.${change}` });
      // Lets other transactions begin and commit meanwhile.
      await client.query("select pg_sleep($1)", [random() * 0.02]);
    }
    await client.query(random() < 0.15 ? "rollback" : "commit");
  }
}

/** Half of the changes are made inside a savepoint; a few of those are taken back. */
async function update(
  client: pg.Client,
  table: string,
  { random, value }: { random: () => number; value: string },
): Promise<void> {
  const id = 1 + Math.floor(random() * ROWS);
  const inSavepoint = random() < 0.5;
  if (inSavepoint) {
    await client.query("savepoint s");
  }
  // Rows locked by another writer are left alone: this is about visibility, not about deadlocks.
  await client.query(
    `update ${table} set version = $1, updated_at = now()
     where id = (select id from ${table} where id = $2 for update skip locked)`,
    [value, id],
  );
  if (inSavepoint) {
    await client.query(random() < 0.2 ? "rollback to s" : "release s");
  }
}

import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Row } from "../../../../src/formats/rows.ts";
import {
  aRequest,
  batchesOf,
  type Database,
  startDatabase,
  writeAll,
  writeBatches,
} from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase({ deadlock_timeout: "200ms" });
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);

test("imports of the same keys in opposite orders do not wait for each other in a circle", async () => {
  await run("create table both_ways (no int primary key, name text)");
  const target = database.target({ table: "public.both_ways" });
  const rows = (name: string): Row[] =>
    Array.from({ length: 1_000 }, (_, index) => [String(index), name]);
  const deadlocks = async () =>
    Number(
      (
        await database.rows("select deadlocks from pg_stat_database where datname = 'postgres'")
      )[0]?.[0],
    );
  const before = await deadlocks();

  const outcomes = await Promise.all(
    [..."abcdefgh"].map((name, index) => {
      const all = index % 2 === 0 ? rows(name) : rows(name).toReversed();
      return writeBatches(target, aRequest("no:integer name"), batchesOf(all, 1_000));
    }),
  );

  expect(outcomes).toEqual(Array(8).fill([]));
  expect(await database.rows("select count(*), count(distinct name) from both_ways")).toEqual([
    ["1000", "1"],
  ]);
  expect(await deadlocks()).toBe(before);
});

test.each([false, true])(
  "a deadlock with somebody else's transaction is tried again, atomic: %s",
  async (atomic) => {
    await run("drop table if exists crossed; create table crossed (no int primary key, name text)");
    await run("insert into crossed values (1, 'old'), (2, 'old')");
    const other = await database.connect();
    // The other one notices a deadlock so late that it is always ours that is ended.
    await other.query("set deadlock_timeout = '10min'");
    await other.query("begin; update crossed set name = 'theirs' where no = 2");

    const writing = writeAll(
      database.target({ table: "public.crossed" }),
      aRequest("no:integer name", { atomic }),
      [
        ["1", "ours"],
        ["2", "ours"],
      ],
    );
    await vi.waitUntil(async () => (await waiting()) > 0, { timeout: 30_000 });
    await other.query("update crossed set name = 'theirs' where no = 1");
    await other.query("commit");

    expect(await writing).toEqual([]);
    expect(await database.rows("select name from crossed")).toEqual([["ours"], ["ours"]]);
  },
);

async function waiting(): Promise<number> {
  const [row] = await database.rows("select count(*) from pg_locks where not granted");
  return Number(row?.[0]);
}

test("more writers than the pool has connections take their turns", async () => {
  await run("create table crowd (no int primary key)");
  const target = database.target({ table: "public.crowd" });

  const outcomes = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      writeAll(target, aRequest("no:integer"), [[String(index)]]),
    ),
  );

  expect(outcomes.flat()).toEqual([]);
  expect(await database.rows("select count(*) from crowd")).toEqual([["40"]]);
});

test("the first imports into a schema, all at once, make one progress table", async () => {
  for (let turn = 0; turn < 10; turn += 1) {
    await run(`create schema fresh_${turn}; create table fresh_${turn}.t (no int primary key)`);
    const target = database.target({ table: `fresh_${turn}.t` });

    const outcomes = await Promise.all(
      ["1", "2", "3", "4"].map((no) => writeAll(target, aRequest("no:integer"), [[no]])),
    );

    expect(outcomes.flat()).toEqual([]);
    expect(await database.rows(`select count(*) from fresh_${turn}.waybill_progress`)).toEqual([
      ["4"],
    ]);
  }
});

test("imports that go on for long keep no other from its connection", async () => {
  await run("create table long_and_short (no int)");
  const target = database.target({ table: "public.long_and_short", mode: "insert" });
  // a partner's share of an instance, twice
  const long = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const writer = await target.open(aRequest("no:integer"));
      await writer.write([["1"]], 1);
      return writer;
    }),
  );

  expect(await writeAll(target, aRequest("no:integer"), [["2"]])).toEqual([]);

  for (const writer of long) {
    await writer.commit();
    await writer.close();
  }
  expect(await database.rows("select count(*) from long_and_short")).toEqual([["9"]]);
});

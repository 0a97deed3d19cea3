import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Database, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase({ max_prepared_transactions: "5" });
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);

/** Ids of the rows that a read returned. */
const ids = ({ rows }: { rows: readonly (readonly unknown[])[] }) => rows.map(([id]) => id);

test("finds a row that was written inside a savepoint of a transaction which the read before could not see", async () => {
  await run(
    "create table in_savepoint (id int, v text); insert into in_savepoint values (1, 'a'), (2, 'a')",
  );
  const source = database.source({ table: "public.in_savepoint" });
  const writer = await database.connect();
  await writer.query("begin; savepoint s; update in_savepoint set v = 'b' where id = 1; release s");
  const before = await readAll(source);
  await writer.query("commit");

  const after = await readAll(source, before.cursor);

  expect(before.rows).toEqual([
    ["1", "a"],
    ["2", "a"],
  ]);
  expect(after.rows).toEqual([["1", "b"]]);
  expect(after.read.mode).toBe("incremental");
});

test("returns no version twice while a long transaction holds back what counts as old", async () => {
  await run("create table held (id int); create table elsewhere (id int)");
  const source = database.source({ table: "public.held" });
  const long = await database.connect();
  await long.query("begin; insert into elsewhere values (1)");
  const first = await readAll(source);
  await run("insert into held values (1)");
  await run("begin; savepoint s; insert into held values (2); commit");
  const second = await readAll(source, first.cursor);
  await run("insert into held values (3)");
  const third = await readAll(source, second.cursor);
  const fourth = await readAll(source, third.cursor);
  await long.query("commit");

  const fifth = await readAll(source, fourth.cursor);

  expect([second, third, fourth, fifth].map(ids)).toEqual([["1", "2"], ["3"], [], []]);
});

test("a prepared transaction counts as running", async () => {
  await run("create table two_phase (id int)");
  const source = database.source({ table: "public.two_phase" });
  await run("begin; insert into two_phase values (1); prepare transaction 'p'");
  const before = await readAll(source);
  await run("insert into two_phase values (2)");
  const between = await readAll(source, before.cursor);
  await run("commit prepared 'p'");

  const after = await readAll(source, between.cursor);

  expect([before, between, after].map(ids)).toEqual([[], ["2"], ["1"]]);
});

test("row locks, foreign keys, deletes and VACUUM FULL bring no row again", async () => {
  await run(`
    create table parent (id int primary key, v int default 0);
    create table child (parent int references parent);
    insert into parent select generate_series(1, 5)`);
  const source = database.source({ table: "public.parent" });
  const first = await readAll(source);
  const other = await database.connect();
  await other.query("begin; select * from parent for share");
  await run("insert into child select 1; select * from parent where id = 2 for key share");
  await other.query("commit");
  await run("delete from parent where id = 5; update parent set v = 1 where id = 4");
  await run("vacuum full parent");
  await run("vacuum freeze parent");

  expect(ids(await readAll(source, first.cursor))).toEqual(["4"]);
});

test("waits for a TRUNCATE in progress, and sees what COPY FREEZE and an ordinary insert put in its place", async () => {
  await run("create table reloaded (id int); insert into reloaded values (1)");
  const source = database.source({ table: "public.reloaded" });
  const first = await readAll(source);
  const writer = await database.connect();
  await writer.query("begin; truncate reloaded");
  await writer.query("copy reloaded from program 'echo 2' (freeze)");
  await writer.query("insert into reloaded values (3)");

  const reading = readAll(source, first.cursor);
  await vi.waitUntil(async () => {
    const { rows } = await run(
      "select from pg_locks where not granted and relation = 'reloaded'::regclass",
    );
    return rows.length > 0;
  });
  await writer.query("commit");
  const second = await reading;

  expect(ids(second)).toEqual(["2", "3"]);
  expect(ids(await readAll(source, second.cursor))).toEqual([]);
});

test("narrows by a column as told, and still reads rows without a value there", async () => {
  await run(`
    create table narrowed (id int, updated_at timestamptz);
    insert into narrowed values (1, now())`);
  const source = database.source({
    table: "public.narrowed",
    incremental: { by: "snapshot", narrow: { column: "updated_at", overlapMs: 60_000 } },
  });
  const first = await readAll(source);
  await run(
    "insert into narrowed values (2, now()), (3, null), (4, now() - interval '59 s'), (5, now() - interval '2 min')",
  );

  expect(ids(await readAll(source, first.cursor))).toEqual(["2", "3", "4"]);
});

test("a full read on request returns everything, whatever the cursor says", async () => {
  await run("create table asked (id int); insert into asked values (1)");
  const source = database.source({ table: "public.asked" });
  const first = await readAll(source);

  const second = await readAll(source, first.cursor, "full");

  expect(ids(second)).toEqual(["1"]);
  expect(second.read).toMatchObject({ mode: "full", fullBecause: null });
  expect(second.read.window()).toMatchObject({ from: null });
});

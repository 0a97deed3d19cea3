import { afterAll, beforeAll, expect, test } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Database, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);

/** Ids of the rows that a read returned. */
const ids = ({ rows }: { rows: readonly (readonly unknown[])[] }) => rows.map(([id]) => id);

test("reads partitions and children through their parent, and a partition that is attached later whole", async () => {
  await run(`
    create table parts (id int, v text) partition by range (id);
    create table parts_1 partition of parts for values from (0) to (10);
    create table parts_2 (id int, v text);
    insert into parts values (1, 'a');
    insert into parts_2 values (11, 'a'), (12, 'a')`);
  const source = database.source({ table: "public.parts" });
  const first = await readAll(source);
  await run("alter table parts attach partition parts_2 for values from (10) to (20)");
  const second = await readAll(source, first.cursor);
  await run("update parts set v = 'b' where id = 12; update parts set id = 13 where id = 1");
  const third = await readAll(source, second.cursor);

  expect([first, second].map(ids)).toEqual([["1"], ["11", "12"]]);
  expect(ids(third).toSorted()).toEqual(["12", "13"]);
  expect(third.read.mode).toBe("incremental");
});

test("reads in full again when the table was replaced by another of its name", async () => {
  await run(`
    create table swapped (id int);
    create table swapped_new (id int);
    insert into swapped_new values (7)`);
  const source = database.source({ table: "public.swapped" });
  const first = await readAll(source);
  await run("drop table swapped; alter table swapped_new rename to swapped");

  const second = await readAll(source, first.cursor);

  expect(ids(second)).toEqual(["7"]);
  expect(second.read.fullBecause).toContain("replaced");
});

test.each([
  ["an empty column is added", "add column extra int", "incremental"],
  [
    "a column with a default is added, which rewrites no row",
    "add column extra int default 5",
    "full",
  ],
  [
    "a virtual column is added",
    "add column extra int generated always as (id * 2) virtual",
    "full",
  ],
  ["a column's type changes", "alter column v type bigint", "full"],
])("when %s, the read is what it must be", async (_case, change, mode) => {
  await run(
    "drop table if exists shaped; create table shaped (id int, v int); insert into shaped values (1, 1)",
  );
  const source = database.source({ table: "public.shaped" });
  const first = await readAll(source);
  await run(`alter table shaped ${change}`);

  const second = await readAll(source, first.cursor);

  expect(second.read.mode).toBe(mode);
  expect(second.rows.length).toBe(mode === "full" ? 1 : 0);
});

test("a column with a default, added to a partitioned table, makes the read a full one", async () => {
  await run(`
    create table shaped_parts (id int) partition by range (id);
    create table shaped_parts_1 partition of shaped_parts for values from (0) to (10);
    insert into shaped_parts values (1)`);
  const source = database.source({ table: "public.shaped_parts" });
  const first = await readAll(source);
  await run("alter table shaped_parts add column v int default 3");
  await run("alter table shaped_parts alter column v drop default");

  const second = await readAll(source, first.cursor);

  expect(second.rows).toEqual([["1", "3"]]);
  expect(second.read.fullBecause).toContain("columns have changed");
});

test.each([
  ["a view", "create view a_view as select 1 as id", "a_view"],
  ["a materialized view", "create materialized view a_matview as select 1 as id", "a_matview"],
  ["a sequence", "create sequence a_sequence", "a_sequence"],
])("refuses %s, whose rows have no versions", async (kind, ddl, name) => {
  await run(ddl);

  const reading = readAll(database.source({ table: `public.${name}` }));

  await expect(reading).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining(`it is ${kind}, whose rows have no versions`),
  });
});

test("refuses a partitioned table with a foreign partition", async () => {
  await run(`
    create foreign data wrapper nothing;
    create server nowhere foreign data wrapper nothing;
    create table mixed (id int) partition by range (id);
    create foreign table mixed_far partition of mixed for values from (0) to (9) server nowhere`);

  const reading = readAll(database.source({ table: "public.mixed" }));

  await expect(reading).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining('"mixed_far" by snapshot: it is a foreign table'),
  });
});

test("a view can be read in full each time", async () => {
  await run("create view plain_view as select 1 as id");
  const source = database.source({ table: "public.plain_view", incremental: { by: "none" } });
  const first = await readAll(source);

  const second = await readAll(source, first.cursor);

  expect(ids(second)).toEqual(["1"]);
  expect(second.read).toMatchObject({ mode: "full", fullBecause: null });
});

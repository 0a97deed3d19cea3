import { afterAll, beforeAll, expect, test } from "vitest";
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
  database = await startDatabase();
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test("of 10,000 rows with three bad ones, writes 9,997", async () => {
  await run("create table many (id int primary key, price numeric(8,2) check (price > 0))");
  const bad = new Map([
    [1, "-1"],
    [5_000, "x"],
    [9_999, null],
  ]);
  await run("alter table many alter price set not null");
  const rows: Row[] = numbers(10_000).map((id) => [
    String(id),
    bad.has(id) ? (bad.get(id) ?? null) : "1.00",
  ]);

  const failures = await writeBatches(
    database.target({ table: "public.many", batchRows: 1_000 }),
    aRequest("id:integer price"),
    batchesOf(rows, 2_500),
  );

  expect(failures.map(({ row, field, value }) => [row, field, value])).toEqual([
    [1, "price", "-1"],
    [5_000, "price", "x"],
    [9_999, "price", null],
  ]);
  expect(await database.rows("select count(*), sum(id) from many")).toEqual([
    ["9997", String((10_000 * 10_001) / 2 - 1 - 5_000 - 9_999)],
  ]);
});

test("refuses every row of a batch in which all are bad", async () => {
  await run("create table never (id int primary key check (id < 0))");
  const rows: Row[] = numbers(5_000).map((id) => [String(id)]);

  const failures = await writeAll(
    database.target({ table: "public.never" }),
    aRequest("id:integer"),
    rows,
  );

  expect(failures.map(({ row }) => row)).toEqual(numbers(5_000));
});

test.each([
  ["from the leaves", (rows: Row[]) => rows.toReversed()],
  ["from the root", (rows: Row[]) => rows],
])("a bad row does not part a tree that is listed %s", async (_, ordered) => {
  await run(`
    drop table if exists tree;
    create table tree (id int primary key, parent int references tree, name varchar(3))`);
  const tree: Row[] = numbers(200).map((id) => [
    String(id),
    id === 1 ? null : String(Math.floor(id / 2)),
    "abc",
  ]);
  const rows: Row[] = [...ordered(tree), ["900", null, "long"], ["901", "900", "abc"]];

  const failures = await writeAll(
    database.target({ table: "public.tree" }),
    aRequest("id:integer parent:integer name"),
    rows,
  );

  expect(failures.map(({ row, field }) => [row, field])).toEqual([
    [201, "name"],
    [202, "parent"],
  ]);
  expect(await database.rows("select count(*) from tree")).toEqual([["200"]]);
});

test("a row that waited for its parent does not win over a later row of its key", async () => {
  await run(
    "create table moved (id int primary key, parent int references moved, name varchar(3))",
  );

  const failures = await writeAll(
    database.target({ table: "public.moved" }),
    aRequest("id:integer parent:integer name"),
    [
      ["1", "2", "old"],
      ["1", null, "new"],
      ["2", null, "abc"],
      ["3", null, "long"],
    ],
  );

  expect(failures.map(({ row }) => row)).toContain(4);
  expect(await database.rows("select name from moved where id = 1")).toEqual([["new"]]);
});

test("holds deferred constraints against the row, not against the commit", async () => {
  await run(`
    create table parents (id int primary key);
    create table children (
      id int primary key, parent int references parents deferrable initially deferred)`);

  const failures = await writeAll(
    database.target({ table: "public.children" }),
    aRequest("id:integer parent:integer"),
    [
      ["1", null],
      ["2", "5"],
    ],
  );

  expect(failures).toEqual([
    {
      row: 2,
      field: "parent",
      value: "5",
      reason: 'must be there already in parents: no row has the same "parent"',
      partnerReason: 'must be there already: no row has the same "parent"',
    },
  ]);
  expect(await database.rows("select id from children")).toEqual([["1"]]);
});

test("takes a batch without rows", async () => {
  await run("create table none (id int primary key)");

  expect(
    await writeAll(database.target({ table: "public.none" }), aRequest("id:integer"), []),
  ).toEqual([]);
});

test("blames no row for what is not the rows' fault, even when a row is bad too", async () => {
  await run(`
    create table unlucky (id int primary key, name text);
    create function no_space() returns trigger language plpgsql as $$
      begin raise exception 'could not extend file' using errcode = '53100'; end $$;
    create trigger no_space before insert on unlucky
      for each row when (new.id = 2) execute function no_space()`);

  const writing = writeAll(
    database.target({ table: "public.unlucky" }),
    aRequest("id:integer name"),
    [
      ["1", "good"],
      ["2", "unlucky"],
      ["bad", "bad"],
    ],
  );

  await expect(writing).rejects.toMatchObject({ code: "target-unavailable" });
  expect(await database.rows("select * from unlucky")).toEqual([]);
});

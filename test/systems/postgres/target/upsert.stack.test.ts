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

test("upsert changes rows that are there, adds the others, and leaves other columns alone", async () => {
  await run(`
    create table items (no text primary key, name text, stock int default 7);
    insert into items values ('A', 'old', 1), ('C', 'kept', 3)`);

  await writeAll(database.target({ table: "public.items" }), aRequest("no name"), [
    ["A", "new"],
    ["B", null],
  ]);

  expect(await database.rows("select * from items order by no")).toEqual([
    ["A", "new", "1"],
    ["B", null, "7"],
    ["C", "kept", "3"],
  ]);
});

test("upsert gives rows that would not change no new version", async () => {
  await run(`
    create table calm (no text primary key, price numeric, body json);
    insert into calm values ('A', 1.0, '{}'), ('B', 1.0, '{}')`);
  const version = "select xmin::text from calm where no = 'A'";
  const before = await database.rows(version);

  await writeAll(
    database.target({ table: "public.calm" }),
    aRequest("no price:decimal body:json"),
    [
      ["A", "1.0", "{}"],
      ["B", "1.00", "{}"],
    ],
  );

  expect(await database.rows(version)).toEqual(before);
  expect(await database.rows("select price from calm order by no")).toEqual([["1.0"], ["1.00"]]);
});

test.each([
  ["in one batch", 10],
  ["over batches", 1],
])("of several rows with one key the last that can be written wins, %s", async (_, batchRows) => {
  await run(
    "drop table if exists twice; create table twice (no numeric primary key, name varchar(5))",
  );

  const failures = await writeBatches(
    database.target({ table: "public.twice" }),
    aRequest("no:decimal name"),
    batchesOf(
      [
        ["1", "first"],
        ["1.0", "last"],
        ["2", "good"],
        ["2.00", "too long"],
      ],
      batchRows,
    ),
  );

  expect(failures.map(({ row }) => row)).toEqual([4]);
  expect(await database.rows("select name from twice order by no")).toEqual([["last"], ["good"]]);
});

test("the last of several rows with one key wins where all can be written", async () => {
  await run("create table all_good (no numeric primary key, name text)");
  const rows: Row[] = Array.from({ length: 3_000 }, (_, index) => [
    `${index % 7}.${"0".repeat(index % 3)}`.replace(/\.$/, ""),
    String(index),
  ]);

  const failures = await writeAll(
    database.target({ table: "public.all_good" }),
    aRequest("no:decimal name"),
    rows,
  );

  expect(failures).toEqual([]);
  expect(await database.rows("select name from all_good order by name::int")).toEqual(
    [2993, 2994, 2995, 2996, 2997, 2998, 2999].map((name) => [String(name)]),
  );
});

test("update names the columns that change; none: rows that are there stay", async () => {
  await run(`
    create table narrow (no text primary key, name text, created text);
    insert into narrow values ('A', 'old', 'then')`);
  const rows: Row[] = [
    ["A", "new", "now"],
    ["B", "new", "now"],
  ];

  await writeAll(
    database.target({ table: "public.narrow", update: ["name"] }),
    aRequest("no name created"),
    rows,
  );
  await writeAll(
    database.target({ table: "public.narrow", update: [] }),
    aRequest("no name created"),
    [
      ["A", "newer", "later"],
      ["C", "newer", "later"],
    ],
  );

  expect(await database.rows("select * from narrow order by no")).toEqual([
    ["A", "new", "then"],
    ["B", "new", "now"],
    ["C", "newer", "later"],
  ]);
});

test("upsert goes by another unique key, and refuses rows that it would never find again", async () => {
  await run(`
    create table keyed (id int generated always as identity primary key, a text, b text, v text, unique (b, a));
    insert into keyed (a, b, v) values ('1', '2', 'old')`);

  const failures = await writeAll(
    database.target({ table: "public.keyed", key: ["a", "b"] }),
    aRequest("a b v"),
    [
      ["1", "2", "new"],
      ["1", null, "lost"],
    ],
  );

  expect(failures).toEqual([
    { row: 2, field: "b", value: null, reason: "must have a value: it tells rows apart" },
  ]);
  expect(await database.rows("select a, b, v from keyed")).toEqual([["1", "2", "new"]]);
});

test("insert adds rows and refuses keys that are there, in the table or earlier in the file", async () => {
  await run("create table added (no text primary key, n serial); insert into added values ('A')");

  const failures = await writeAll(
    database.target({ table: "public.added", mode: "insert" }),
    aRequest("no"),
    [["B"], ["A"], ["C"], ["B"]],
  );

  expect(failures.map(({ row, field, value }) => [row, field, value])).toEqual([
    [2, "no", "A"],
    [4, "no", "B"],
  ]);
  expect(await database.rows("select no from added order by no")).toEqual([["A"], ["B"], ["C"]]);
});

test("writes values for identity columns, and through views", async () => {
  await run(`
    create table numbered (id int generated always as identity primary key, name text);
    create view plain as select id, name from numbered`);

  await writeAll(database.target({ table: "public.numbered" }), aRequest("id:integer name"), [
    ["41", "a"],
  ]);
  await writeAll(database.target({ table: "public.plain", mode: "insert" }), aRequest("name"), [
    ["b"],
  ]);

  expect(await database.rows("select name, id > 40 from numbered order by name")).toEqual([
    ["a", "t"],
    ["b", "f"],
  ]);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { aRequest, type Database, startDatabase, writeAll } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);

test("keeps every digit, microsecond and character, and tells null from empty", async () => {
  await run(`
    create table typed (
      id bigint primary key, price numeric, ratio float8, flag boolean, day date, clock time,
      at timestamptz, local timestamp, uid uuid, body jsonb, data bytea, note text
    );
    set timezone = 'UTC'`);
  const columns =
    "id:integer price:decimal ratio:double flag:boolean day:date clock:time at:datetime local:local-datetime uid:uuid body:json data:binary note:string";
  const odd = 'tab\t line\nreturn\r back\\slash \\. \\N "quote" \u{1F69A} \u2028 ';

  const failures = await writeAll(database.target({ table: "public.typed" }), aRequest(columns), [
    [
      "9223372036854775807",
      "123456789012345678901234567890.12345678901234567890",
      "0.1",
      "true",
      "0001-01-01",
      "23:59:59.999999",
      "9999-12-31T23:59:59.999999Z",
      "2024-02-29T12:00:00.000001",
      "00000000-0000-0000-0000-00000000000a",
      '{"n": 12345678901234567890.1}',
      "AP+A",
      odd,
    ],
    ["-1", "-0.10", "-Infinity", "false", null, null, null, null, null, "null", "", ""],
    ["2", "1.50", "NaN", null, null, null, null, null, null, null, null, null],
  ]);

  expect(failures).toEqual([]);
  expect(await database.rows("select * from typed order by id desc")).toEqual([
    [
      "9223372036854775807",
      "123456789012345678901234567890.12345678901234567890",
      "0.1",
      "t",
      "0001-01-01",
      "23:59:59.999999",
      "9999-12-31 23:59:59.999999+00",
      "2024-02-29 12:00:00.000001",
      "00000000-0000-0000-0000-00000000000a",
      '{"n": 12345678901234567890.1}',
      "\\x00ff80",
      odd,
    ],
    ["2", "1.50", "NaN", null, null, null, null, null, null, null, null, null],
    ["-1", "-0.10", "-Infinity", "f", null, null, null, null, null, "null", "\\x", ""],
  ]);
});

test("reads wall-clock times as UTC, whatever zone and style the role prefers", async () => {
  await run(`
    create table instants (id int primary key, at timestamptz, local timestamp, days daterange);
    create role in_tokyo login superuser password 'x';
    alter role in_tokyo set timezone = 'Asia/Tokyo';
    alter role in_tokyo set datestyle = 'SQL, DMY'`);
  const login = database.server.connectionStringFor({ user: "in_tokyo", password: "x" });

  const failures = await writeAll(
    database.target({ table: "public.instants" }, login),
    aRequest("id:integer at local days"),
    [
      ["1", "2024-02-01T10:00:00", "2024-02-01T10:00:00Z", null],
      ["2", "2024-02-01 10:00:00+02", "2024-02-01", null],
      ["3", null, null, "[31/12/2024,)"],
    ],
  );

  expect(failures.map(({ row, field }) => [row, field])).toEqual([[3, "days"]]);
  expect(
    await database.rows(
      "select at at time zone 'UTC', to_char(local, 'YYYY-MM-DD HH24:MI') from instants order by id",
    ),
  ).toEqual([
    ["2024-02-01 10:00:00", "2024-02-01 10:00"],
    ["2024-02-01 08:00:00", "2024-02-01 00:00"],
  ]);
});

test("writes JSON arrays into array columns", async () => {
  await run(`create table arrays (
    id int primary key, ints bigint[], texts text[], grid int[][], blobs bytea[], docs jsonb[], boxes box[])`);

  const failures = await writeAll(
    database.target({ table: "public.arrays" }),
    aRequest("id:integer ints:json texts:json grid:json blobs:json docs:json boxes:json"),
    [
      [
        "1",
        "[9223372036854775807, null]",
        '["a,b", "c\\"d\\\\e", "", "NULL", null]',
        "[[1,2],[3,4]]",
        '["AP8="]',
        '[{"a": 1.50}]',
        '["(1,1),(0,0)","(2,2),(1,1)"]',
      ],
      ["2", "{1,2}", "[]", null, null, null, null],
    ],
  );

  expect(failures).toEqual([]);
  expect(await database.rows("select * from arrays order by id")).toEqual([
    [
      "1",
      "{9223372036854775807,NULL}",
      '{"a,b","c\\"d\\\\e","","NULL",NULL}',
      "{{1,2},{3,4}}",
      '{"\\\\x00ff"}',
      '{"{\\"a\\": 1.50}"}',
      "{(1,1),(0,0);(2,2),(1,1)}",
    ],
    ["2", "{1,2}", "{}", null, null, null, null],
  ]);
});

test("cuts nothing off: lengths are checked, however the type is spelled", async () => {
  await run(`create table lengths (
    id int primary key, c char(2), v varchar(2), b bit(2), bv bit varying(2), n numeric(3,1))`);

  const failures = await writeAll(
    database.target({ table: "public.lengths" }),
    aRequest("id:integer c v b bv n"),
    [
      ["1", "ab", "ab", "10", "10", "12.30"],
      ["2", "abc", null, null, null, null],
      ["3", null, "abc", null, null, null],
      ["4", null, null, "101", null, null],
      ["5", null, null, null, "101", null],
      ["6", null, null, null, null, "1.23"],
    ],
  );

  expect(failures.map(({ row, field }) => [row, field])).toEqual([
    [2, "c"],
    [3, "v"],
    [4, "b"],
    [5, "bv"],
    [6, "n"],
  ]);
  expect(await database.rows("select * from lengths")).toEqual([
    ["1", "ab", "ab", "10", "10", "12.3"],
  ]);
});

test("takes names and values of any spelling for names and values", async () => {
  await run(`
    create schema "S""x";
    create table "S""x"."T $$ ' \\ x" ("a""b" int primary key, "$1 $waybill$ '" text, "n" text)`);

  const failures = await writeAll(
    database.target({ table: `"S""x"."T $$ ' \\ x"` }),
    {
      ...aRequest("x"),
      columns: ['a"b', "$1 $waybill$ '", "n"].map((name) => ({ name, type: "string" })),
    },
    [
      ["1", "'; drop table x; --", "$$"],
      ["bad", "x", "x"],
    ],
  );

  expect(failures.map(({ row, field }) => [row, field])).toEqual([[2, 'a"b']]);
  expect(await database.rows(`select * from "S""x"."T $$ ' \\ x"`)).toEqual([
    ["1", "'; drop table x; --", "$$"],
  ]);
});

test("takes a cell of many megabytes", async () => {
  await run("create table large (id int primary key, note text)");
  const note = "\u{1F69A}\t\\".repeat(2_000_000);

  await writeAll(database.target({ table: "public.large" }), aRequest("id:integer note"), [
    ["1", note],
    ["2", "small"],
  ]);

  expect(await database.rows("select length(note), md5(note) from large order by id")).toEqual([
    [
      "6000000",
      (await database.rows(`select md5(repeat(U&'\\+01F69A' || E'\\t\\\\', 2000000))`))[0]?.[0],
    ],
    ["5", expect.any(String)],
  ]);
});

test("takes column names that the target itself uses", async () => {
  await run(`create table own_names (
    waybill_v0 int primary key, waybill_row text, n int, excluded text, waybill_target text, c0 text)`);

  const failures = await writeAll(
    database.target({ table: "public.own_names" }),
    aRequest("waybill_v0:integer waybill_row n:integer excluded waybill_target c0"),
    [
      ["1", "a", "2", "b", "c", "d"],
      ["2", "a", "bad", "b", "c", "d"],
      ["1", "e", "3", "f", "g", "h"],
    ],
  );

  expect(failures.map(({ row, field }) => [row, field])).toEqual([[2, "n"]]);
  expect(await database.rows("select * from own_names")).toEqual([["1", "e", "3", "f", "g", "h"]]);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import type { RowFailure } from "../../../../src/domain/target.ts";
import { aRequest, type Database, startDatabase, writeAll } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
  await database.admin.query(`
    create type size as enum ('small', 'large');
    create domain email as text constraint email_shape check (value like '%@%');
    create table groups (code text primary key);
    insert into groups values ('A');
    create table every_rule (
      id int primary key,
      name varchar(5),
      price numeric(6,2) constraint price_sign check (price >= 0),
      amount smallint,
      due date,
      at timestamptz,
      size size,
      address email,
      group_code text references groups,
      code text unique,
      line_no int,
      body jsonb,
      data bytea,
      needed text not null default 'x',
      tags int[],
      net inet,
      unique (code, line_no),
      constraint name_not_code check (name <> code)
    );
    insert into every_rule (id, code) values (1, 'taken');
    create function no_thursday() returns trigger language plpgsql as $$
      begin
        if new.name = 'thu' then raise exception 'no deliveries on Thursday'; end if;
        return new;
      end $$;
    create trigger no_thursday before insert on every_rule for each row execute function no_thursday();
  `);
});
afterAll(() => database.stop());

function forOperators({ partnerReason: _, ...failure }: RowFailure) {
  return failure;
}

test.each([
  ["name:string", "abcdef", "name", "must have at most 5 characters"],
  ["price:decimal", "-1.00", "price", 'must keep the rule "price_sign": price >= 0::numeric'],
  [
    "price:decimal",
    "12345.00",
    "price",
    "must be a number with at most 4 digits before the decimal point and 2 after it",
  ],
  [
    "price:decimal",
    "1.005",
    "price",
    "must be a number with at most 4 digits before the decimal point and 2 after it; it would be stored as 1.01",
  ],
  [
    "price:string",
    "cheap",
    "price",
    "must be a number with at most 4 digits before the decimal point and 2 after it",
  ],
  ["amount:integer", "32768", "amount", "must be a whole number from -32768 to 32767"],
  [
    "amount:string",
    "1.5",
    "amount",
    "must be a whole number from -32768 to 32767; it would be stored as 2",
  ],
  ["due:string", "today", "due", "must be a date, YYYY-MM-DD"],
  [
    "due:datetime",
    "2024-05-01T10:00:00Z",
    "due",
    "must be a date, YYYY-MM-DD; it would be stored as 2024-05-01",
  ],
  ["due:date", "2024-02-30", "due", "must be a date, YYYY-MM-DD"],
  [
    "at:string",
    "infinity",
    "at",
    "must be a date and time with a zone, YYYY-MM-DDTHH:MM:SSZ, with at most 6 digits behind the seconds",
  ],
  ["size:string", "medium", "size", 'must be one of "small", "large"'],
  ["address:string", "nobody", "address", `must keep the rule "email_shape": VALUE ~~ '%@%'::text`],
  [
    "group_code:string",
    "Z",
    "group_code",
    'must be there already in groups: no row has the same "group_code"',
  ],
  ["code:string", "taken", "code", 'must be unique: a row with the same "code" is there already'],
  ["body:json", '{"a":', "body", "must be a JSON text without \\u0000"],
  ["body:json", '"\\u0000"', "body", "must be a JSON text without \\u0000"],
  ["data:binary", "a", "data", "must be base64"],
  ["needed:string", null, "needed", "must have a value"],
  [
    "tags:json",
    '["x"]',
    "tags",
    'must be a JSON array of values for integer[] (invalid input syntax for type integer: "x")',
  ],
  ["net:string", "x", "net", 'must be of type inet (invalid input syntax for type inet: "x")'],
  ["code:string", "a\u0000b", "code", "must not hold the character U+0000"],
  ["code:string", "\ud83d", "code", "must not hold one half of a character pair"],
  ["name:string", "thu", null, "no deliveries on Thursday"],
])(
  "refuses %s with %j and says why, and writes the rows around it",
  async (...[column, cell, field, reason]) => {
    await database.admin.query("delete from every_rule where id <> 1");
    const target = database.target({ table: "public.every_rule" });
    const good = ["needed:string"].includes(column) ? "x" : null;

    const failures = await writeAll(target, aRequest(`id:integer ${column}`), [
      ["2", good],
      ["3", cell],
      ["4", good],
    ]);

    expect(failures.map(forOperators)).toEqual([
      { row: 2, field, value: field === null ? null : (cell?.toWellFormed() ?? null), reason },
    ]);
    expect(await database.rows("select id from every_rule order by id")).toEqual([
      ["1"],
      ["2"],
      ["4"],
    ]);
  },
);

test("names no single column for a rule over several, and shows all their values", async () => {
  await database.admin.query("delete from every_rule where id <> 1");
  await database.admin.query("insert into every_rule (id, code, line_no) values (7, 'k', 1)");
  const target = database.target({ table: "public.every_rule", key: ["id"] });
  await database.admin.query(
    "alter table every_rule drop constraint if exists every_rule_code_key",
  );

  const failures = await writeAll(target, aRequest("id:integer code line_no:integer name"), [
    ["8", "k", "1", null],
    ["9", "same", null, "same"],
  ]);

  expect(failures.map(forOperators)).toEqual([
    {
      row: 1,
      field: null,
      value: "k, 1",
      reason: 'must be unique: a row with the same "code", "line_no" is there already',
    },
    {
      row: 2,
      field: null,
      value: "same, same",
      reason: 'must keep the rule "name_not_code": name::text <> code',
    },
  ]);
});

test("knows the rules of partitions, of nested domains and of indexes on expressions", async () => {
  await database.admin.query(`
    create domain code as varchar(3) not null;
    create domain upper_code as code constraint is_upper check (value = upper(value));
    create table parted (id int, code upper_code, name text, day date, primary key (id, day))
      partition by range (day);
    create table parted_2024 partition of parted for values from ('2024-01-01') to ('2025-01-01');
    create unique index parted_name on parted_2024 (lower(name));
    create unique index parted_code on parted_2024 (code);
    insert into parted values (1, 'AAA', 'first', '2024-01-01')`);
  const target = database.target({ table: "public.parted", mode: "insert" });

  const failures = await writeAll(target, aRequest("id:integer code name day:date"), [
    ["2", "ABCD", "a", "2024-01-01"],
    ["3", "abc", "b", "2024-01-01"],
    ["4", null, "c", "2024-01-01"],
    ["5", "AAA", "d", "2024-01-01"],
    ["6", "BBB", "FIRST", "2024-01-01"],
    ["1", "CCC", "e", "2024-01-01"],
    ["7", "DDD", "f", "2023-01-01"],
    ["8", "EEE", "g", "2024-01-01"],
  ]);

  expect(failures.map(({ row, field, reason }) => [row, field, reason])).toEqual([
    [1, "code", "must have at most 3 characters"],
    [2, "code", 'must keep the rule "is_upper": VALUE::text = upper(VALUE::text)'],
    [3, "code", "must have a value"],
    [4, "code", 'must be unique: a row with the same "code" is there already'],
    [5, null, 'must be unique: a row that is equal by "parted_name" is there already'],
    [6, null, 'must be unique: a row with the same "id", "day" is there already'],
    [7, null, 'is refused by the database: no partition of relation "parted" found for row'],
  ]);
  expect(await database.rows("select id from parted order by id")).toEqual([["1"], ["8"]]);
});

test("cuts long values short, and never through a character pair", async () => {
  const target = database.target({ table: "public.groups", mode: "insert" });
  const long = `${"x".repeat(59)}\u{1F69A}${"y".repeat(100)}\u0000`;

  const failures = await writeAll(target, aRequest("code"), [[long]]);

  expect(failures[0]?.value).toBe(`${"x".repeat(59)}...`);
});

test("refuses a row that row-level security keeps out, and not the import", async () => {
  await database.admin.query(`
    create table guarded (id int primary key, tenant text);
    alter table guarded enable row level security;
    create policy own on guarded using (tenant = 'mine') with check (tenant = 'mine');
    create role tenant_role login password 'x';
    grant all on guarded to tenant_role;
    grant create on schema public to tenant_role`);
  const login = database.server.connectionStringFor({ user: "tenant_role", password: "x" });
  const target = database.target(
    { table: "public.guarded", progressTable: "public.guarded_progress" },
    login,
  );

  const failures = await writeAll(target, aRequest("id:integer tenant"), [
    ["1", "mine"],
    ["2", "yours"],
  ]);

  expect(failures.map(({ row }) => row)).toEqual([2]);
  expect(await database.rows("select id from guarded")).toEqual([["1"]]);
});

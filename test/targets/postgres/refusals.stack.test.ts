import { afterAll, beforeAll, expect, test } from "vitest";
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
    "must be a number with at most 4 digits before the decimal point and 2 after it",
  ],
  ["price:string", "cheap", "price", "must be a number with at most 4 digits before the decimal point and 2 after it"],
  ["amount:integer", "32768", "amount", "must be a whole number from -32768 to 32767"],
  ["amount:string", "1.5", "amount", "must be a whole number from -32768 to 32767"],
  ["due:string", "today", "due", "must be a date, YYYY-MM-DD"],
  ["due:datetime", "2024-05-01T10:00:00Z", "due", "must be a date, YYYY-MM-DD"],
  ["due:date", "2024-02-30", "due", "must be a date, YYYY-MM-DD"],
  ["at:string", "infinity", "at", "must be a date and time with a zone, YYYY-MM-DDTHH:MM:SSZ"],
  ["size:string", "medium", "size", 'must be one of "small", "large"'],
  ["address:string", "nobody", "address", `must keep the rule "email_shape": VALUE ~~ '%@%'::text`],
  ["group_code:string", "Z", "group_code", 'must be there already in groups: no row has the same "group_code"'],
  ["code:string", "taken", "code", 'must be unique: a row with the same "code" is there already'],
  ["body:json", '{"a":', "body", "must be a JSON text without \\u0000"],
  ["body:json", '"\\u0000"', "body", "must be a JSON text without \\u0000"],
  ["data:binary", "a", "data", "must be base64"],
  ["needed:string", null, "needed", "must have a value"],
  ["tags:json", '["x"]', "tags", "must be a JSON array of values for integer[]"],
  ["net:string", "x", "net", 'must be of type inet (invalid input syntax for type inet: "x")'],
  ["code:string", "a\0b", "code", "must not hold the character U+0000"],
  ["code:string", "\ud83d", "code", "must not hold one half of a character pair"],
  ["name:string", "thu", null, "no deliveries on Thursday"],
])("refuses %s with %j and says why, and writes the rows around it", async (column, cell, field, reason) => {
  await database.admin.query("delete from every_rule where id <> 1");
  const target = database.target({ table: "public.every_rule" });
  const good = ["needed:string"].includes(column) ? "x" : null;

  const failures = await writeAll(target, aRequest(`id:integer ${column}`), [
    ["2", good],
    ["3", cell],
    ["4", good],
  ]);

  expect(failures).toEqual([
    { row: 2, field, value: field === null ? null : (cell?.toWellFormed() ?? null), reason },
  ]);
  expect(await database.rows("select id from every_rule order by id")).toEqual([["1"], ["2"], ["4"]]);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { aRequest, type Database, startDatabase, writeAll } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

test("tells partners what to do, without a name of schema, table, rule, type, function or role", async () => {
  await database.admin.query(`
    create schema plant_schema;
    set search_path to plant_schema;
    create function plant_check(int) returns boolean language sql immutable as 'select $1 < 100';
    create function plant_raise() returns trigger language plpgsql as $$
      begin
        if new.id > 11 or new.id in (7, 8) then
          raise exception '%', (array['plant_table takes no row 7', 'no row 8 on Thursdays', '', '', '', 'ask plant_role',
            'look into Plant_Archive', 'see archive.of', 'rule "plant_check" of the archive', 'the archive is full'])[new.id - 6];
        end if;
        return new;
      end $$;
    create type plant_range as range (subtype = int);
    create table plant_other (id int primary key);
    create schema plant_archive; create schema archive;
    create table plant_table (
      id int primary key,
      price numeric constraint plant_price check (price >= 0),
      size int constraint plant_size check (plant_check(size)),
      other int constraint plant_fk references plant_other,
      name text,
      span plant_range,
      spans plant_range[],
      constraint plant_exclusion exclude using gist (span with &&)
    );
    create unique index plant_index on plant_table (lower(name));
    create trigger plant_trigger before insert on plant_table for each row execute function plant_raise();
    alter table plant_table enable row level security;
    create role plant_role login password 'x';
    create policy plant_policy on plant_table using (true) with check (id <> 9);
    grant usage on schema plant_schema to plant_role;
    grant select, insert, update on plant_table to plant_role;
    reset search_path`);
  const login = database.server.connectionStringFor({ user: "plant_role", password: "x" });
  const definition = { table: "plant_schema.plant_table", mode: "insert" } as const;
  const progress = { progressTable: "public.plant_progress" };
  await database.admin.query("grant create on schema public to plant_role");
  const target = database.target({ ...definition, ...progress }, login);
  const columns = "id:integer price:decimal size:integer other:integer name span spans:json";

  const failures = await writeAll(target, aRequest(columns), [
    ["1", null, null, null, "first", "[1,5)", null],
    ["2", "-1", null, null, null, null, null],
    ["3", null, "500", null, null, null, null],
    ["4", null, null, "1", null, null, null],
    ["5", null, null, null, "FIRST", null, null],
    ["6", null, null, null, null, "[2,3)", null],
    ["7", null, null, null, null, null, null],
    ["8", null, null, null, null, null, null],
    ["9", null, null, null, null, null, null],
    ["10", null, null, null, null, "x", null],
    ["11", null, null, null, null, null, '["x"]'],
    ...["12", "13", "14", "15", "16"].map((id) => [id, null, null, null, null, null, null]),
  ]);

  const told = failures.map(({ row, reason, partnerReason }) => [row, partnerReason ?? reason]);
  expect(told).toEqual([
    [2, "must keep the rule price >= 0::numeric"],
    [3, "must keep a rule of the target"],
    [4, 'must be there already: no row has the same "other"'],
    [5, "must be unique: an equal row is there already"],
    [6, "must not clash with another row"],
    [7, "is refused by a rule of the target"],
    [8, "no row 8 on Thursdays"],
    [9, "is refused by the target; ask the operator, who sees the reason"],
    [10, "must be a value that the target takes"],
    [11, "must be a JSON array of values that the target takes"],
    ...[12, 13, 14, 15].map((row) => [row, "is refused by a rule of the target"]),
    [16, "the archive is full"],
  ]);
  expect(JSON.stringify(failures.map(({ reason }) => reason))).toContain("plant_price");
});

import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { PostgresTargetDefinition } from "../../../../src/systems/postgres/target/definition.ts";
import { postgresTarget } from "../../../../src/systems/postgres/target/postgres-target.ts";
import { connectionsOf } from "../../connections-of.ts";
import { aRequest, type Database, startDatabase, targetAt, writeAll } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
  await database.admin.query(`
    create table items (
      no text primary key, name text not null, code text, total int generated always as (1) stored);
    create unique index partial on items (code) where code <> '';
    create unique index lowered on items (lower(name));
    create table heap (a int);
    create table keyed (a int unique, b int);
    create table fixed (a int primary key, n int generated always as identity);
    create view shown as select a from heap;
    create sequence counter;
    create role writer login password 'right-password';
    create schema closed;
    create table closed.items (no text primary key);
    grant usage on schema closed to writer;
    grant select, insert, update on closed.items, items to writer;
    create role onlooker login password 'right-password';
    grant select on items to onlooker`);
});
afterAll(() => database.stop());

test.each([
  [{ table: "public.nothing" }, "no", 'Cannot write to table "public.nothing": it does not exist'],
  [{ table: "public.counter" }, "no", 'Cannot write to table "public.counter": it is not a table'],
  [
    { table: "public.items" },
    "no name price",
    'it has no column "price", only "no", "name", "code", "total"',
  ],
  [
    { table: "public.items" },
    "no",
    'it must have a value in "name", which the import does not write',
  ],
  [{ table: "public.items" }, "no name total", 'it computes column "total" itself'],
  [{ table: "public.items" }, "no name no", 'the import writes column "no" twice'],
  [
    { table: "public.keyed", key: ["a"] },
    "b",
    'the import does not write "a", which the key needs',
  ],
  [
    { table: "public.items", key: ["code"] },
    "no name code",
    'no unique index has exactly the key columns "code"',
  ],
  [
    { table: "public.items", key: ["name"] },
    "no name",
    'no unique index has exactly the key columns "name"',
  ],
  [{ table: "public.heap" }, "a", "it has no primary key"],
  [{ table: "public.shown" }, "a", "it has no primary key"],
  [{ table: "public.fixed" }, "a n", 'column "n" is GENERATED ALWAYS and cannot be changed'],
  [
    { table: "public.items", update: ["code"] },
    "no name",
    '"update" names "code", which the import does not write',
  ],
])("refuses %j with columns %s before any row", async (definition, columns, message) => {
  const opening = database.target(definition).open(aRequest(columns));

  await expect(opening).rejects.toMatchObject({
    code: "target-invalid",
    message: expect.stringContaining(message),
  });
});

test("says which statements an administrator has to run for the progress table", async () => {
  const login = database.server.connectionStringFor({ user: "writer", password: "right-password" });
  const target = database.target({ table: "closed.items" }, login);
  const opening = target.open(aRequest("no"));
  await expect(opening).rejects.toMatchObject({ code: "target-invalid" });
  const { message } = (await opening.catch((error: unknown) => error)) as Error;

  const [, statements = ""] = message.split("let an administrator run: ");
  await database.admin.query(statements);

  expect(message).toContain(
    'Cannot keep progress in "closed"."waybill_progress": it does not exist and the role may not create it',
  );
  expect(await writeAll(target, aRequest("no"), [["A"]])).toEqual([]);
});

test("refuses a progress table that the role may not use", async () => {
  await database.admin.query("create table closed.others (run_id text)");
  const login = database.server.connectionStringFor({ user: "writer", password: "right-password" });

  const opening = database
    .target({ table: "closed.items", progressTable: "closed.others" }, login)
    .open(aRequest("no"));

  await expect(opening).rejects.toMatchObject({
    code: "target-invalid",
    message: expect.stringContaining("the role may not use it"),
  });
});

test("refuses a table that the role may not write, with advice", async () => {
  const login = database.server.connectionStringFor({
    user: "onlooker",
    password: "right-password",
  });

  const opening = database.target({ table: "public.items" }, login).open(aRequest("no name"));

  await expect(opening).rejects.toMatchObject({
    code: "target-invalid",
    message: expect.stringMatching(
      /permission denied for table items; grant the connection's role/,
    ),
  });
});

test.each([
  [
    "a wrong password",
    (url: URL) => Object.assign(url, { password: "s3cret-wrong" }),
    "target-invalid",
  ],
  [
    "no server",
    (url: URL) => Object.assign(url, { port: "1", password: "s3cret" }),
    "target-unavailable",
  ],
  ["no URL", () => "postgres://u:s3cret@[bad", "target-invalid"],
])("names the connection and no secret after %s", async (_, changed, code) => {
  const connectionString = String(changed(new URL(database.server.connectionString)));

  const opening = targetAt(connectionString, { table: "public.items" }).open(aRequest("no"));

  await expect(opening).rejects.toMatchObject({
    code,
    message: expect.stringContaining('with connection "shop"'),
  });
  const error = await opening.catch((failure: Error) => failure);
  expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain("s3cret");
});

test("refuses a connection of another kind", async () => {
  const definition = PostgresTargetDefinition.parse({
    kind: "postgres",
    connection: "shop",
    table: "public.items",
    mode: "upsert",
  });
  const connections = connectionsOf({
    kind: "http",
    baseUrl: "https://example.com",
    auth: { kind: "none" },
  });

  const opening = postgresTarget(definition, connections).open(aRequest("no"));

  await expect(opening).rejects.toMatchObject({ code: "target-invalid" });
});

test("refuses a database in another encoding than UTF8", async () => {
  await database.admin.query(
    "create database latin encoding 'LATIN1' locale 'C' template template0",
  );
  const login = database.server.connectionStringFor({ database: "latin" });

  const opening = database.target({ table: "pg_catalog.pg_class" }, login).open(aRequest("no"));

  await expect(opening).rejects.toMatchObject({
    message: expect.stringContaining("its database is in LATIN1, not in UTF8"),
  });
});

/** So that an abort which is not heard fails the test. */
const LESS_THAN_LOCK_TIMEOUT_MS = 20_000;

test("an abort ends a write that waits for a lock, with the signal's reason, and keeps nothing of the batch", {
  timeout: LESS_THAN_LOCK_TIMEOUT_MS,
}, async () => {
  const aborting = new AbortController();
  const target = database.target({ table: "public.heap", mode: "insert" });
  const request = aRequest("a:integer", { signal: aborting.signal });
  const writer = await target.open(request);
  const holder = await database.connect();
  await holder.query("begin; lock table heap");

  const writing = writer.write([["1"]], 1);
  await vi.waitUntil(async () => {
    const [row] = await database.rows("select count(*) from pg_locks where not granted");
    return Number(row?.[0]) > 0;
  });
  aborting.abort(new Error("the run's lock is lost"));

  await expect(writing).rejects.toThrow("the run's lock is lost");
  await expect(writer.write([["2"]], 2)).rejects.toThrow("the run's lock is lost");
  await writer.close();
  await holder.query("rollback");
  expect(await database.rows("select * from heap")).toEqual([]);
});

test("a statement that takes too long is a reason to try again", async () => {
  await database.admin.query(`
    create table slow (a int);
    create function nap() returns trigger language plpgsql as $$
      begin perform pg_sleep(60); return new; end $$;
    create trigger nap before insert on slow for each row execute function nap()`);
  const target = database.target({
    table: "public.slow",
    mode: "insert",
    statementTimeoutMs: 1_000,
  });

  await expect(writeAll(target, aRequest("a:integer"), [["1"]])).rejects.toMatchObject({
    code: "target-unavailable",
  });
});

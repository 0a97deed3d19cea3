import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Database, sourceAt, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase({ max_prepared_transactions: "5" });
  await run("create role plain login password 'plain'; grant pg_read_all_data to plain");
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);
const ids = ({ rows }: { rows: readonly (readonly unknown[])[] }) => rows.map(([id]) => id);

const byTransactions = { by: "cursor-column", column: "at", edge: { by: "transactions" } };
const byLag = { by: "cursor-column", column: "at", edge: { by: "lag", lagMs: 60_000 } };

test("stays behind the start of the oldest running transaction", async () => {
  await run(
    "create table behind (id int, at timestamptz); insert into behind values (1, now() - interval '1 h')",
  );
  const source = database.source({ table: "public.behind", incremental: byTransactions });
  const first = await readAll(source);
  const slow = await database.connect();
  await slow.query("begin");
  const { rows } = await slow.query("select (now() - interval '1 s')::text as edge");
  await run(`insert into behind values (2, now()), (4, '${rows[0].edge}')`);
  const second = await readAll(source, first.cursor);
  await slow.query("insert into behind values (3, now())");
  await slow.query("commit");
  const third = await vi.waitUntil(async () => {
    const read = await readAll(source, second.cursor);
    return read.rows.length > 2 && read;
  }, 5_000);

  // The edge itself is the next read's.
  expect(ids(second)).toEqual([]);
  expect(ids(third).toSorted()).toEqual(["2", "3", "4"]);
});

test("returns rows of one instant once, on whichever side of the edge it falls", async () => {
  await run(`
    create table edges (id int, at timestamptz);
    insert into edges select i, now() - interval '1 h' from generate_series(1, 5) i`);
  const source = database.source({ table: "public.edges", incremental: byLag, batchRows: 2 });
  const first = await readAll(source);
  const { to } = first.read.window();
  await run(
    `insert into edges values (10, '${to}'), (11, '${to}'), (12, timestamptz '${to}' - interval '1 us')`,
  );
  const second = await readAll(source, first.cursor);
  const third = await readAll(source, second.cursor);

  expect(ids(first)).toEqual(["1", "2", "3", "4", "5"]);
  expect([second, third].map(ids)).toEqual([["10", "11"], []]);
});

test("returns rows without a value in the column every time", async () => {
  await run("create table unset (id int, at timestamptz); insert into unset values (1, null)");
  const source = database.source({ table: "public.unset", incremental: byLag });
  const first = await readAll(source);

  expect(ids(await readAll(source, first.cursor))).toEqual(["1"]);
});

test("an edge behind the last one reads nothing and keeps the last one", async () => {
  await run(
    "create table backwards (id int, at timestamptz); insert into backwards values (1, now() - interval '5 min')",
  );
  const near = database.source({ table: "public.backwards", incremental: byLag });
  const far = database.source({
    table: "public.backwards",
    incremental: { ...byLag, edge: { by: "lag", lagMs: 3_600_000 } },
  });
  const first = await readAll(near);

  const second = await readAll(far, first.cursor);

  expect(ids(second)).toEqual([]);
  expect(second.read.window()).toEqual({
    from: first.read.window().to,
    to: first.read.window().to,
  });
});

test("reads a query by its column", async () => {
  await run(
    "create table sold (id int, at timestamptz); insert into sold values (1, now() - interval '1 h')",
  );
  const source = database.source({
    query: "select id, max(at) as at from sold group by id -- per item",
    incremental: byLag,
  });
  const first = await readAll(source);
  await run(`insert into sold values (2, '${first.read.window().to}')`);

  const second = await readAll(source, first.cursor);

  expect([first, second].map(ids)).toEqual([["1"], ["2"]]);
});

test("refuses a role that cannot see other sessions, and names what it lacks", async () => {
  await run("create table guarded (id int, at timestamptz)");
  const login = database.server.connectionStringFor({ user: "plain", password: "plain" });
  const definition = { table: "public.guarded", incremental: byTransactions };

  const refused = readAll(sourceAt(login, definition));
  await expect(refused).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining('GRANT pg_read_all_stats TO "plain"'),
  });
  await run("grant pg_read_all_stats to plain");

  await expect(readAll(sourceAt(login, definition))).resolves.toMatchObject({ rows: [] });
});

test("refuses while a session hides its transactions", async () => {
  await run("create table hidden (id int, at timestamptz)");
  const source = database.source({ table: "public.hidden", incremental: byTransactions });
  const other = await database.connect();
  await other.query("set track_activities = off");

  await expect(readAll(source)).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining("track_activities is off for postgres"),
  });
  await other.query("set track_activities = on");
  await expect(readAll(source)).resolves.toMatchObject({ rows: [] });
});

test("waits for prepared transactions, whose start nobody knows", async () => {
  await run("create table pending (id int, at timestamptz)");
  const source = database.source({ table: "public.pending", incremental: byTransactions });
  await run("begin; insert into pending values (1, now()); prepare transaction 'p'");

  await expect(readAll(source)).rejects.toMatchObject({ code: "source-unavailable" });
  await run("commit prepared 'p'");
  await expect(readAll(source)).resolves.toMatchObject({ rows: [["1", expect.any(String)]] });
});

test("takes a timestamp without time zone only when it is said to be UTC", async () => {
  await run(
    "create table local_times (id int, at timestamp); insert into local_times values (1, now() at time zone 'utc' - interval '1 h')",
  );
  const definition = { table: "public.local_times", incremental: byLag };

  await expect(readAll(database.source(definition))).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining("localTimesAreUtc"),
  });
  const source = database.source({
    ...definition,
    incremental: { ...byLag, localTimesAreUtc: true },
  });
  const first = await readAll(source);
  await run(
    `insert into local_times values (2, timestamptz '${first.read.window().to}' at time zone 'utc')`,
  );
  expect(ids(await readAll(source, first.cursor))).toEqual(["2"]);
});

test.each([
  ["a number", "bigint", "it is not a timestamp"],
  ["a date", "date", "it is not a timestamp"],
])("refuses %s as cursor column", async (_kind, type, message) => {
  await run(`drop table if exists numbered; create table numbered (id int, at ${type})`);
  const sources = [
    database.source({ table: "public.numbered", incremental: byLag }),
    database.source({ query: "select * from numbered", incremental: byLag }),
  ];

  for (const source of sources) {
    await expect(readAll(source)).rejects.toMatchObject({
      code: "source-invalid",
      message: expect.stringContaining(message),
    });
  }
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { CannotGoOn } from "../../../../src/domain/source.ts";
import { readAll, readInStretches, readStretch } from "../../read-all.ts";
import { type Database, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);

const ALL_IDS = Array.from({ length: 1_000 }, (_, index) => index + 1);

test.each([
  ["a query", { query: "select id, value from keyed where id > $1", parameters: [0], key: ["id"] }],
  ["a query that ends with a comment", { query: "select * from keyed -- all", key: ["id"] }],
  ["a view", { table: "public.keyed_view", key: ["id"] }],
  ["a table that is always read whole", { table: "public.keyed", key: ["id"] }],
  [
    "a key that is not among the columns",
    { table: "public.keyed", columns: ["id"], key: ["name"] },
  ],
  ["a key of several columns", { query: "select * from keyed", key: ["half", "name"] }],
  ["a key with an order of its own", { query: "select * from keyed", key: ["name"] }],
  ["a key of times", { query: "select * from keyed", key: ["at"] }],
])("%s is read by its key in stretches, each row once", async (_, definition) => {
  await run(`
    create table if not exists keyed as select n as id, 0 as value, n % 2 as half,
      'Zeile "' || n || '", \\ é' as name, timestamptz '2026-03-29T00:59:00.000001Z' + n * interval '1.000001 s' as at
    from generate_series(1, 1000) n;
    create or replace view keyed_view as select * from keyed`);
  const source = database.source({ incremental: { by: "none" }, batchRows: 150, ...definition });

  const { rows, stretches } = await readInStretches(source);

  expect(stretches).toBe(8);
  expect(rows.map(([id]) => Number(id)).sort((a, b) => a - b)).toEqual(ALL_IDS);
});

test("a query with a cursor column is read by its key, up to the edge of the first read", async () => {
  await run(`
    create table joined (id int primary key, at timestamptz not null default now());
    insert into joined select n, now() - interval '1 h' from generate_series(1, 500) n`);
  const incremental = { by: "cursor-column", column: "at", edge: { by: "lag", lagMs: 1_000 } };
  const source = database.source({
    ...{ query: "select * from joined", incremental, key: ["id"], batchRows: 100 },
  });

  const first = await readInStretches(source, null, async (stretch) => {
    await run(`update joined set at = now() where id = ${stretch * 100 - 50} or id = 500`);
    if (stretch === 1) {
      await run("select pg_sleep(1.1)");
    }
  });
  await run("select pg_sleep(1.1)");
  const second = await readAll(source, first.cursor);

  expect(first.rows).toHaveLength(500);
  expect(second.rows.map(([id]) => Number(id)).sort((a, b) => a - b)).toEqual([
    50, 150, 250, 350, 450, 500,
  ]);
});

test.each([
  ["has a null", "select nullif(n, 50) as id from generate_series(1, 100) n", "has no value"],
  ["stands twice", "select n / 2 as id from generate_series(1, 100) n", "have the same"],
  ["is not a column", "select n as other from generate_series(1, 100) n", "id"],
])("a key that %s is refused", async (_, query, because) => {
  const source = database.source({ query, incremental: { by: "none" }, key: ["id"] });

  await expect(readAll(source)).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining(because),
  });
});

test("a table without the columns of the key is refused", async () => {
  await run("create table keyless (id int)");
  const source = database.source({
    ...{ table: "public.keyless", incremental: { by: "none" }, key: ["code"] },
  });

  await expect(readAll(source)).rejects.toMatchObject({
    message: expect.stringContaining('it has no column "code"'),
  });
});

test("a read does not go on by another key", async () => {
  const by = (...key: string[]) =>
    database.source({
      query: "select n as id, n as no from generate_series(1, 900) n",
      incremental: { by: "none" },
      key,
    });
  const { place } = await readStretch(by("id"), null, null);

  await expect(readStretch(by("no"), null, place)).rejects.toBeInstanceOf(CannotGoOn);
});

test("without a key, queries, views and tables that are always read whole have no place", async () => {
  await run("create table whole as select 1 as id; create view whole_view as select * from whole");
  const incremental = { by: "none" };

  for (const definition of [
    { query: "select 1 as id", incremental },
    { table: "public.whole_view", incremental },
    { table: "public.whole", incremental },
  ]) {
    expect(await readStretch(database.source(definition), null, null)).toMatchObject({
      place: null,
    });
  }
});

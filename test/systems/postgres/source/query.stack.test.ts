import { afterAll, beforeAll, expect, test } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Database, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
  await database.admin.query(`
    create table orders (id int, customer text, at timestamptz);
    insert into orders values (1, 'O''Neil', now() - interval '1 h'), (2, 'x', now() - interval '1 h')`);
});
afterAll(() => database.stop());

const never = { by: "none" };

test("passes values as parameters, whatever they hold", async () => {
  const source = database.source({
    query: "select id, $2::text as note from orders where customer = $1;",
    parameters: ["O'Neil", "'; drop table orders; --"],
    incremental: never,
  });

  const { rows, read } = await readAll(source);

  expect(rows).toEqual([["1", "'; drop table orders; --"]]);
  expect(read).toMatchObject({ mode: "full", fullBecause: null });
});

test("passes the ends of the window to a query that asks for them", async () => {
  const source = database.source({
    query: `select id, at, $1::timestamptz is null as is_first, $2::timestamptz as upto
      from orders where $1::timestamptz is null or at >= $1`,
    parameters: [{ cursor: "from" }, { cursor: "to" }],
    incremental: { by: "cursor-column", column: "at", edge: { by: "lag", lagMs: 1_000 } },
  });
  const first = await readAll(source);
  await database.admin.query(`insert into orders values (3, 'y', '${first.read.window().to}')`);
  const second = await readAll(source, first.cursor);

  expect(first.rows.map(([id, , isFirst]) => [id, isFirst])).toEqual([
    ["1", "true"],
    ["2", "true"],
  ]);
  expect(first.rows[0]?.[3]).toBe(first.read.window().to);
  expect(second.rows.map(([id, , isFirst]) => [id, isFirst])).toEqual([["3", "false"]]);
});

test("reads in full again when the query has changed", async () => {
  const incremental = { by: "cursor-column", column: "at", edge: { by: "lag", lagMs: 1_000 } };
  const first = await readAll(
    database.source({ query: "select * from orders where id < 2", incremental }),
  );

  const second = await readAll(
    database.source({ query: "select * from orders where id < 3", incremental }),
    first.cursor,
  );

  expect(second.read.fullBecause).toBe("the definition of the source has changed");
  expect(second.rows).toHaveLength(2);
});

test.each([
  ["a query that writes", "delete from orders returning id", /syntax error/],
  [
    "a query that writes through WITH",
    "with gone as (delete from orders returning id) select * from gone",
    /WITH clause/,
  ],
  ["a function that writes", "select nextval('a_sequence')", /read-only transaction; only SELECT/],
  ["two statements", "select 1 as id; drop table orders", /syntax error/],
  [
    "a query that breaks out of its brackets",
    "select 1 as id) as t) as d; commit; drop table orders; select * from (select * from (select 1",
    /multiple commands/,
  ],
  ["a column that stands twice", "select id, id from orders", /column "id" stands twice/],
  ["an unknown table", "select * from nowhere", /"nowhere" does not exist; create it/],
  ["an unknown column", "select nothing from orders", /"nothing" does not exist; correct/],
])("refuses %s", async (_case, query, message) => {
  await database.admin.query("create sequence if not exists a_sequence");

  const reading = readAll(database.source({ query, incremental: never }));

  await expect(reading).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringMatching(message),
  });
  const { rows } = await database.admin.query("select count(*)::int as n from orders");
  expect(rows[0].n).toBeGreaterThanOrEqual(2);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Database, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

const BOUNDS: Readonly<Record<string, unknown>> = {
  smallint: { bits: 32 },
  integer: { bits: 32 },
  bigint: { bits: 64 },
  "numeric(12,2)": { precision: 12, scale: 2 },
  "numeric(5)": { precision: 5, scale: 0 },
  "numeric(1000,1000)": { precision: 1_000, scale: 1_000 },
  "numeric(2,-3)": { precision: 5, scale: 0 },
  "numeric(3,5)": { precision: 5, scale: 5 },
  price: { precision: 8, scale: 3 },
  numeric: undefined,
  xid8: undefined,
  text: undefined,
};

test("columns have the bounds that their types declare, also in a query", async () => {
  const types = Object.keys(BOUNDS);
  const columns = types.map((type, index) => `c${index} ${type}`).join(", ");
  await database.admin.query(
    `drop table if exists bounded; drop domain if exists price;
     create domain price as numeric(8,3); create table bounded (${columns})`,
  );
  const table = await readAll(database.source({ table: "public.bounded" }));
  const query = await readAll(
    database.source({
      query: "select c3, c3 * 2 as twice from public.bounded",
      incremental: { by: "none" },
    }),
  );

  expect(table.read.columns.map(({ bounds }) => bounds)).toEqual(Object.values(BOUNDS));
  expect(query.read.columns).toEqual([
    { name: "c3", type: "decimal", bounds: { precision: 12, scale: 2 } },
    { name: "twice", type: "decimal" },
  ]);
});

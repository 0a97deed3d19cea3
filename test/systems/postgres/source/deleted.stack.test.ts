import { afterAll, beforeAll, expect, test } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Database, startDatabase } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database.stop());

const run = (sql: string) => database.admin.query(sql);

test.each([
  ["boolean", "boolean", "true", undefined],
  ["timestamp", "timestamptz", "now()", undefined],
  ["chosen text", "text", "'X'", ["D", "X"]],
])("soft delete by a %s column becomes a boolean", async (_case, ...[type, value, values]) => {
  await run(`drop table if exists soft; create table soft (id int, gone ${type})`);
  await run(`insert into soft values (1, null), (2, ${value})`);
  const source = database.source({
    table: "public.soft",
    columns: ["id"],
    deleted: { by: "soft-delete", column: "gone", as: "isDeleted", ...(values && { values }) },
  });

  const first = await readAll(source);
  await run(`update soft set gone = ${value} where id = 1`);
  const second = await readAll(source, first.cursor);

  expect(first.read.columns).toEqual([
    { name: "id", type: "integer", bounds: { bits: 32 } },
    { name: "isDeleted", type: "boolean" },
  ]);
  expect(first.rows).toEqual([
    ["1", "false"],
    ["2", "true"],
  ]);
  expect(second.rows).toEqual([["1", "true"]]);
});

const TOMBSTONES = `
  create table items (shop int, sku text, price numeric(8,2) not null, updated_at timestamptz not null default now(),
    primary key (shop, sku));
  create table buried (shop_id bigint, item text, buried_at timestamptz default now());
  create function bury() returns trigger language plpgsql as
    'begin insert into buried (shop_id, item) values (old.shop, old.sku); return old; end';
  create trigger bury after delete on items for each row execute function bury()`;

const deleted = {
  by: "tombstones",
  table: "public.buried",
  key: { shop: "shop_id", sku: "item" },
};

test.each([
  ["snapshot", { by: "snapshot" }],
  [
    "cursor-column",
    { by: "cursor-column", column: "updated_at", edge: { by: "lag", lagMs: 1_000 } },
  ],
])(
  "tombstones with %s: a deleted key comes once, with nothing but the key",
  async (_by, incremental) => {
    await run("drop table if exists items, buried; drop function if exists bury()");
    await run(TOMBSTONES);
    await run(
      "insert into items (shop, sku, price, updated_at) select 1, 'a' || i, 1.5, now() - interval '1 h' from generate_series(1, 3) i",
    );
    const source = database.source({ table: "public.items", incremental, deleted });
    const writer = await database.connect();

    const first = await readAll(source);
    await writer.query("begin; savepoint s; delete from items where sku = 'a1'; release s");
    const second = await readAll(source, first.cursor);
    await writer.query("commit");
    const third = await readAll(source, second.cursor);
    const fourth = await readAll(source, third.cursor);

    expect(first.read.columns.map(({ name, type }) => [name, type])).toEqual([
      ["shop", "integer"],
      ["sku", "string"],
      ["price", "decimal"],
      ["updated_at", "datetime"],
      ["deleted", "boolean"],
    ]);
    expect(first.rows).toHaveLength(3);
    expect([second, third, fourth].map(({ rows }) => rows)).toEqual([
      [],
      [["1", "a1", null, null, "true"]],
      [],
    ]);
  },
);

test("a key that was deleted and lives again is not deleted", async () => {
  await run("drop table if exists items, buried; drop function if exists bury()");
  await run(TOMBSTONES);
  await run("insert into items values (1, 'a', 1.5), (1, 'b', 1.5)");
  const source = database.source({ table: "public.items", columns: ["sku", "shop"], deleted });
  const first = await readAll(source);
  await run("delete from items; insert into items values (1, 'a', 2.5)");

  const second = await readAll(source, first.cursor);
  const full = await readAll(source, null);

  for (const { rows } of [second, full]) {
    expect(rows.toSorted()).toEqual([
      ["a", "1", "false"],
      ["b", "1", "true"],
    ]);
  }
});

test.each([
  [{ ...deleted, key: { nowhere: "item" } }, 'it has no column "nowhere"'],
  [{ ...deleted, key: { sku: "nowhere" } }, 'it has no column "nowhere"'],
  [{ ...deleted, as: "sku" }, 'a column "sku" itself'],
  [{ ...deleted, table: "public.nothing" }, "it does not exist"],
  [{ by: "soft-delete", column: "nowhere" }, 'it has no column "nowhere"'],
])("refuses %j", async (broken, message) => {
  await run("drop table if exists items, buried; drop function if exists bury()");
  await run(TOMBSTONES);

  const reading = readAll(database.source({ table: "public.items", deleted: broken }));

  await expect(reading).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining(message),
  });
});

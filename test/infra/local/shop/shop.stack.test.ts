import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startShopChanges } from "../../../../infra/local/shop/changes.ts";
import { type Shop, startShop } from "../../../../infra/local/shop/shop.ts";
import { PostgresDefinition } from "../../../../src/systems/postgres/source/definition.ts";
import { postgresSource } from "../../../../src/systems/postgres/source/postgres-source.ts";
import { closeReadPools } from "../../../../src/systems/postgres/source/read-session.ts";
import { connectionsOf } from "../../../systems/connections-of.ts";
import { readAll } from "../../../systems/read-all.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await startShop({});
  await shop.ready;
});
afterAll(async () => {
  await closeReadPools();
  await shop.stop();
});

async function query(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(connectionString);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test("the shop has what goes wrong elsewhere: quotes, emoji, line breaks, empty texts, nulls, large numbers", async () => {
  const rows = await query(
    shop.readerConnectionString,
    `select count(*)::int as items, bool_or(name like '%☕%') as emoji, bool_or(description like E'%\\n%"%') as breaks,
       bool_or(description = '') as empty, bool_or(description is null) as missing,
       (select max(order_id) > 9007199254740992 from shop.orders) as large
     from shop.items`,
  );

  expect(rows).toEqual([
    { items: 200, emoji: true, breaks: true, empty: true, missing: true, large: true },
  ]);
});

test("the role of the exports reads all and writes nothing", async () => {
  const tables = await query(
    shop.readerConnectionString,
    `select bool_and(has_table_privilege(c.oid, 'select')) as reads,
       bool_or(has_table_privilege(c.oid, 'insert, update, delete, truncate')) as writes
     from pg_class c where relnamespace = 'shop'::regnamespace and relkind = 'r'`,
  );

  expect(tables).toEqual([{ reads: true, writes: false }]);
  await expect(query(shop.readerConnectionString, "create table public.mine ()")).rejects.toThrow(
    "permission denied",
  );
});

test("a deleted price leaves a tombstone", async () => {
  await query(
    shop.connectionString,
    "delete from shop.prices where item_id = 7 and group_id = 'staff'",
  );

  expect(
    await query(shop.connectionString, "select item_id, group_id from shop.deleted_prices"),
  ).toEqual([{ item_id: 7, group_id: "staff" }]);
});

test("a kept shop is opened as it was left", async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), "waybill-shop-"));
  const first = await startShop({ dataDirectory });
  await first.ready;
  await query(first.connectionString, "delete from shop.prices");
  await first.stop();
  const second = await startShop({ dataDirectory });
  await second.ready;

  const prices = await query(
    second.readerConnectionString,
    "select count(*)::int as n from shop.prices",
  );
  await second.stop();
  await rm(dataDirectory, { recursive: true, force: true });

  expect(prices).toEqual([{ n: 0 }]);
});

test("while the shop changes, in transactions that overlap, exports of its prices miss nothing", async () => {
  const source = postgresSource(
    PostgresDefinition.parse({
      kind: "postgres",
      connection: "shop",
      table: "shop.prices",
      columns: ["item_id", "group_id", "amount"],
      deleted: {
        by: "tombstones",
        table: "shop.deleted_prices",
        key: { item_id: "item_id", group_id: "group_id" },
      },
    }),
    connectionsOf({ kind: "postgres", connectionString: shop.readerConnectionString }),
  );
  const partner = new Map<string, string | null>();
  let cursor: string | null = null;
  const receive = async () => {
    const { rows, cursor: next } = await readAll(source, cursor);
    for (const [item, group, amount, deleted] of rows) {
      if (deleted === "true") {
        partner.delete(`${item} ${group}`);
      } else {
        partner.set(`${item} ${group}`, amount ?? null);
      }
    }
    cursor = next;
  };
  const ends: string[] = [];
  let atOnce = 0;
  const changes = startShopChanges({
    connectionString: shop.connectionString,
    everyMs: 5,
    log: (line) => ends.push(line),
  });

  await vi.waitUntil(async () => {
    await receive();
    const open = await query(
      shop.connectionString,
      "select count(*)::int as n from pg_stat_activity where state = 'idle in transaction' and usename = 'shop_owner'",
    );
    atOnce = Math.max(atOnce, Number(open[0]?.n));
    return atOnce > 1 && ends.includes("rollback") && ends.length > 20;
  }, 60_000);
  await changes.stop();
  await receive();

  const prices = await query(
    shop.connectionString,
    "select item_id || ' ' || group_id as key, amount::text from shop.prices",
  );
  expect(
    ends.filter((end) => end !== "commit" && end !== "rollback" && !end.includes("deadlock")),
  ).toEqual([]);
  expect(Object.fromEntries(partner)).toEqual(
    Object.fromEntries(prices.map(({ key, amount }) => [key, amount])),
  );
}, 70_000);

import { setTimeout as wait } from "node:timers/promises";
import { type Client, Pool, type PoolClient } from "pg";

/** What may happen in the shop, each a few statements inside one transaction. */
const EVENTS: readonly ((client: Pick<Client, "query">, random: () => number) => Promise<void>)[] =
  [
    // a price moves, up to the sixth decimal
    async (client, random) => {
      await client.query(
        "update shop.prices set amount = round(amount * (0.9 + $1::numeric / 5), 6), valid_from = now() where item_id = $2",
        [random().toFixed(4), anItem(random)],
      );
    },
    async (client, random) => {
      await client.query(
        "update shop.items set weight_kg = weight_kg + 0.0001, updated_at = now() where item_id = any($1)",
        [[anItem(random), anItem(random), anItem(random)]],
      );
    },
    async (client) => {
      await client.query(
        "with item as (insert into shop.items (name) values ('Novelty ' || clock_timestamp()) returning item_id) insert into shop.prices (item_id, group_id, amount, currency) select item_id, 'retail', 9.95, 'EUR' from item",
      );
    },
    async (client, random) => {
      await client.query("delete from shop.prices where item_id = $1 and group_id = 'staff'", [
        anItem(random),
      ]);
    },
    async (client, random) => {
      await client.query(
        "with placed as (insert into shop.orders (group_id, note) values ('retail', 'call \"me\" first') returning order_id) insert into shop.order_lines (order_id, line, item_id, quantity) select order_id, 1, $1, 2.500 from placed",
        [anItem(random)],
      );
    },
    async (client, random) => {
      await client.query(
        "update shop.customer_groups set closed_at = $1 where group_id = 'staff'",
        [random() < 0.5 ? null : new Date()],
      );
    },
  ];

function anItem(random: () => number): number {
  return 1 + Math.floor(random() * 200);
}

/**
 * Keeps changing rows, in transactions that overlap: each stays open for a while, some roll a part of their work
 * back, some all of it.
 */
export function startShopChanges(options: {
  readonly connectionString: string;
  /** A new transaction begins that often. */
  readonly everyMs?: number;
  readonly random?: () => number;
}): { stop(): Promise<void> } {
  const { everyMs = 700, random = Math.random } = options;
  const pool = new Pool({ connectionString: options.connectionString, max: 4 });
  pool.on("error", () => undefined);
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      const transaction = changeSomething(pool, random, stopping.signal).catch(() => undefined);
      underWay.add(transaction);
      await transaction.finally(() => underWay.delete(transaction));
      await pause(everyMs, stopping.signal);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await loop;
      await Promise.all(underWay);
      await pool.end();
    },
  };
}

async function changeSomething(
  pool: Pool,
  random: () => number,
  signal: AbortSignal,
): Promise<void> {
  const client = await pool.connect();
  client.on("error", () => undefined);
  try {
    await client.query("begin");
    await anEvent(client, random);
    await client.query("savepoint second_thoughts");
    await anEvent(client, random);
    if (random() < 0.3) {
      await client.query("rollback to savepoint second_thoughts");
    }
    await pause(random() * 1_500, signal);
    await client.query(random() < 0.1 ? "rollback" : "commit");
  } catch {
    // two transactions wanted the same rows: one gives way, as in any shop
    await client.query("rollback");
  } finally {
    client.release();
  }
}

async function anEvent(client: PoolClient, random: () => number): Promise<void> {
  await EVENTS[Math.floor(random() * EVENTS.length)]?.(client, random);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}

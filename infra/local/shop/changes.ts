import { setTimeout as wait } from "node:timers/promises";
import { type Client, Pool, type PoolClient } from "pg";

/** Events of the shop, each a few statements in one transaction. */
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

export interface ShopChangesOptions {
  readonly connectionString: string;
  /** Pause between the beginnings of two transactions. */
  readonly everyMs?: number;
  readonly random?: () => number;
  /** Called with the end of each transaction. */
  readonly log?: (line: string) => void;
}

/** Upper bound of concurrent transactions. */
const AT_ONCE = 4;
const LONGEST_TRANSACTION_MS = 1_500;

/**
 * Keeps changing rows in overlapping transactions. Each stays open for a while. Some roll back a part of their work,
 * some all of it.
 */
export function startShopChanges(options: ShopChangesOptions): { stop(): Promise<void> } {
  const { everyMs = 700 } = options;
  const pool = new Pool({ connectionString: options.connectionString, max: AT_ONCE });
  // a stopping server ends its sessions, even in the middle of a transaction
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      if (underWay.size < AT_ONCE) {
        const transaction = changeSomething(pool, options, stopping.signal).finally(() =>
          underWay.delete(transaction),
        );
        underWay.add(transaction);
      }
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

/** Never rejects: a stopping database, or two transactions that need the same rows, end only one change. */
async function changeSomething(
  pool: Pool,
  { random = Math.random, log = () => undefined }: ShopChangesOptions,
  signal: AbortSignal,
): Promise<void> {
  try {
    const client = await pool.connect();
    try {
      log(await changeInTransaction(client, random, signal));
      client.release();
    } catch (error) {
      // closing the connection rolls back, even if the connection is broken
      client.release(true);
      log(`given up: ${String(error)}`);
    }
  } catch (error) {
    log(`no connection: ${String(error)}`);
  }
}

async function changeInTransaction(
  client: PoolClient,
  random: () => number,
  signal: AbortSignal,
): Promise<"commit" | "rollback"> {
  await client.query("begin");
  await anEvent(client, random);
  await client.query("savepoint second_thoughts");
  await anEvent(client, random);
  if (random() < 0.3) {
    await client.query("rollback to savepoint second_thoughts");
  }
  await pause(random() * LONGEST_TRANSACTION_MS, signal);
  const end = random() < 0.1 ? "rollback" : "commit";
  await client.query(end);
  return end;
}

async function anEvent(client: PoolClient, random: () => number): Promise<void> {
  await EVENTS[Math.floor(random() * EVENTS.length)]?.(client, random);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}

import { Client } from "pg";
import { beforeAll, expect, test } from "vitest";
import { exportedRows } from "../support/exported-rows.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";

const ROWS = 1_000;
const TRANSACTIONS = 20;
const FILE_TYPE = "Test.ThousandChanges";

const local = useLocalStack({ shop: true });
let database: Client;

beforeAll(async () => {
  database = new Client(local.stack.file.postgres ?? "");
  await database.connect();
  await database.query(
    "create table public.thousand (id integer primary key, value integer not null)",
  );
  await database.query(
    `insert into public.thousand select n, 0 from generate_series(1, ${ROWS}) n`,
  );
  await local.define("exports/thousand", {
    fileType: FILE_TYPE,
    entities: [
      {
        name: "Thousand",
        source: { kind: "postgres", connection: "shop-owner", table: "public.thousand" },
      },
    ],
    format: { kind: "jsonl" },
    schedule: { every: { seconds: 1 } },
  });
});

interface Entry {
  readonly sequence: number;
  readonly path: { readonly container: string; readonly name: string };
}

async function ledger(): Promise<Entry[]> {
  const { items } = (
    await local.call("operator", { path: `/api/ledger/${FILE_TYPE}?limit=1000` })
  ).json();
  return items;
}

/** Waits until a run that began after now has ended. */
async function nextRunEnded(): Promise<void> {
  const { items: before } = (await runs()) as { items: { runId: string }[] };
  const known = new Set(before.map(({ runId }) => runId));
  await eventually(async () => {
    const { items } = (await runs()) as { items: { runId: string; state: string }[] };
    return items.some(({ runId, state }) => !known.has(runId) && state === "succeeded") || null;
  });
}

async function runs(): Promise<unknown> {
  return (await local.call("operator", { path: "/api/exports/thousand/runs" })).json();
}

/** Twenty transactions, all open at once, each with its share of the rows, some of them twice, and a roll-back inside. */
async function changeInOverlappingTransactions(): Promise<void> {
  const writers = await Promise.all(
    Array.from({ length: TRANSACTIONS }, async () => {
      const writer = new Client(local.stack.file.postgres ?? "");
      await writer.connect();
      await writer.query("begin");
      return writer;
    }),
  );
  const share = ROWS / TRANSACTIONS;
  for (const [index, writer] of writers.entries()) {
    const from = index * share + 1;
    const rows = `id between ${from} and ${from + share - 1}`;
    await writer.query(`update public.thousand set value = value + 1 where ${rows}`);
    await writer.query("savepoint inner_change");
    await writer.query(`update public.thousand set value = value + 10 where ${rows}`);
    if (index % 3 === 0) {
      await writer.query("rollback to savepoint inner_change");
    }
  }
  // the last to begin commits first, and a run ends between some of the commits
  for (const [index, writer] of writers.reverse().entries()) {
    if (index % 5 === 0) {
      await nextRunEnded();
    }
    await writer.query("commit");
    await writer.end();
  }
}

test("the exported files together hold the final state of every row, whatever order transactions commit in", async () => {
  await nextRunEnded();
  await changeInOverlappingTransactions();
  await nextRunEnded();
  await nextRunEnded();

  const entries = await ledger();
  const exported = await exportedRows<{ id: number; value: number }>(
    local.stack.file.storage.connectionString,
    entries.map(({ path }) => path),
  );
  const { rows } = await database.query("select id, value from public.thousand");
  await database.end();
  expect(rows.length).toBe(ROWS);
  expect(entries.length).toBeGreaterThan(2);
  expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1));
  expect(exported).toEqual(new Map(rows.map((row) => [row.id, row])));
}, 120_000);

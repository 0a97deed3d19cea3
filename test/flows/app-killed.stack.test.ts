import { Client } from "pg";
import { beforeAll, expect, test } from "vitest";
import type { FilePath } from "../../src/domain/files.ts";
import { exportedRows } from "../support/exported-rows.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";

const CONNECTOR_ID = "7b0f1f8a-3c55-4c0e-8a43-0f5c9f7d1e44";
const FILE_TYPE = "Test.CounterChanges";
const KILLS = 4;

const local = useLocalStack({ shop: true, settings: () => ({ RUN_SILENCE_SECONDS: "3" }) });
let database: Client;

beforeAll(async () => {
  database = new Client(local.stack.file.postgres ?? "");
  // a test that fails leaves it to the end of the server
  database.on("error", () => undefined);
  await database.connect();
  await database.query(
    "create table public.counters (id integer primary key, value integer not null)",
  );
  await database.query("insert into public.counters select n, 0 from generate_series(1, 200) n");
  await local.define(`connectors/${CONNECTOR_ID}`, {
    name: "Partner A",
    direction: "export",
    applications: [local.stack.file.clients["partner-a"].id],
  });
  await local.define("exports/counters", {
    fileType: FILE_TYPE,
    entities: [
      {
        name: "Counters",
        source: { kind: "postgres", connection: "shop-owner", table: "public.counters" },
      },
    ],
    format: { kind: "jsonl" },
    schedule: { every: { seconds: 1 } },
  });
  await local.define("subscriptions/counters", {
    fileTypes: [FILE_TYPE],
    via: { kind: "connector", connectorId: CONNECTOR_ID },
  });
});

async function published(): Promise<{ sequence: number; path: FilePath }[]> {
  return (await local.call("operator", { path: `/api/ledger/${FILE_TYPE}?limit=1000` })).json()
    .items;
}

/** Waits for as many files as there are now and `more`, with rows changing meanwhile. */
async function filesAppear(more: number): Promise<void> {
  const before = (await published()).length;
  let changes = 0;
  await eventually(async () => {
    await database.query("update public.counters set value = value + 1 where id % 7 = $1", [
      changes++ % 7,
    ]);
    return (await published()).length >= before + more || null;
  });
}

test("killing the app again and again loses no row, no number and no delivery", async () => {
  for (let kill = 0; kill < KILLS; kill++) {
    await filesAppear(2);
    await local.stack.restartApp();
    // frees everything that the dead app held: its locks end now, not in a minute
    for (const address of ["runs", "file-available/Subscriptions/fan-out"]) {
      local.stack.cloud.broker?.faults.loseLocks(address);
    }
  }
  await database.query("update public.counters set value = value + 1000");
  const expected = (await database.query("select id, value from public.counters")).rows;

  const storage = local.stack.file.storage.connectionString;
  const entries = await eventually(async () => {
    const found = await published();
    const rows = await exportedRows<{ id: number; value: number }>(
      storage,
      found.map(({ path }) => path),
    );
    const isComplete = expected.every(({ id, value }) => rows.get(id)?.value === value);
    return isComplete ? found : null;
  });
  await database.end();

  expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1));
  const taken = new Set<string>();
  await eventually(async () => {
    const answer = await local.call("partner-a", {
      path: `/api/connector/dequeue/${CONNECTOR_ID}`,
    });
    if (answer.status === 200) {
      taken.add(answer.json().FileName);
    }
    return taken.size === entries.length || null;
  });
  expect(taken).toEqual(new Set(entries.map(({ path }) => path.name.split("/").at(-1))));
}, 240_000);

import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../infra/local/azurite.ts";
import topology from "../../infra/topology.json" with { type: "json" };
import { acknowledgeDelivery } from "../../src/domain/deliveries/acknowledge-delivery.ts";
import { dequeueDeliveries } from "../../src/domain/deliveries/dequeue-deliveries.ts";
import { blobFiles } from "../../src/stores/blob-files.ts";
import { randomIds } from "../../src/stores/random-ids.ts";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { tableDeliveries } from "../../src/stores/table-deliveries.ts";
import { tableLedger } from "../../src/stores/table-ledger.ts";
import { tableRuns } from "../../src/stores/table-runs.ts";
import { tableSubmissions } from "../../src/stores/table-submissions.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { manualClock } from "../support/manual-clock.ts";

/**
 * The data directory of version 0.1.0. The demo had run for two minutes. Partner A had acknowledged one file and leased
 * another, and had sent two files of prices, the first with a bad row.
 */
const FIXTURE = "test/fixtures/stored-by-0.1.0";
const PARTNER_A = "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";
const PRICES = "2f7f6d62-5f0b-4f2b-8d2e-5a3c1d9e7b11";
const LEASED = { id: "01a2322d-05e5-8254-a9a7-69da951fd153", receipt: "1-ifMfVTwnYO70nLXhapfw" };
const EVERYTHING = { limit: 1_000, after: null };

let directory: string;
let azurite: Azurite;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "waybill-stored-"));
  for (const file of globSync("**/*.gz", { cwd: FIXTURE })) {
    const target = join(directory, file.slice(0, -".gz".length));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, gunzipSync(readFileSync(join(FIXTURE, file))));
  }
  azurite = await startAzurite({ dataDirectory: directory });
});

afterAll(async () => {
  await azurite?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function stores() {
  const { connectionString } = azurite;
  const table = (name: string): TableClient =>
    TableClient.fromConnectionString(connectionString, name, { allowInsecureConnection: true });
  const { tables } = topology;
  return {
    ids: randomIds,
    clock: manualClock("2026-12-01T15:20:00Z"),
    log: () => undefined,
    definitions: tableDefinitions(table(tables.definitions), DEFINITION_SCHEMAS),
    runs: tableRuns(table(tables.runs)),
    ledger: tableLedger(table(tables.ledger)),
    deliveries: tableDeliveries(table(tables.messages)),
    submissions: tableSubmissions(table(tables.inbox)),
    files: blobFiles(BlobServiceClient.fromConnectionString(connectionString)),
  };
}

test("its definitions are read, by the names of this version", async () => {
  const { definitions } = stores();

  const { items } = await definitions.list("subscriptions", EVERYTHING);

  expect(items.map(({ body }) => body)).toContainEqual(
    expect.objectContaining({ via: { kind: "connector", connectorId: PARTNER_A } }),
  );
  for (const kind of ["connectors", "exports", "imports"] as const) {
    const all = (await definitions.list(kind, EVERYTHING)).items;
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter((one) => !("body" in one))).toEqual([]);
  }
});

test("its ledger and runs are read, without a gap", async () => {
  const { ledger, runs } = stores();

  const entries = (await ledger.list("Shop.PriceChanges", EVERYTHING)).items;

  const numbers = entries.map(({ sequence }) => sequence).sort((a, b) => a - b);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(numbers.length).toBeGreaterThan(5);
  const ended = (await runs.listRuns("price-changes", EVERYTHING)).items;
  expect(ended.filter(({ state }) => state === "succeeded").length).toBe(numbers.length);
});

test("its deliveries go on: a late receipt counts, and the next file is handed out and read", async () => {
  const ports = stores();
  const connector = { leaseSeconds: 600, ordered: false };
  const { items } = await ports.deliveries.list(PARTNER_A, EVERYTHING);
  expect(new Set(items.map(({ queueId }) => queueId))).toEqual(new Set([PARTNER_A]));
  const states = items.map(({ state }) => state);
  expect([states.filter((state) => state === "acked").length, new Set(states)]).toEqual([
    1,
    new Set(["acked", "dequeued", "enqueued"]),
  ]);

  await acknowledgeDelivery(ports, {
    ...{ queueId: PARTNER_A, deliveryId: LEASED.id, receipt: LEASED.receipt },
    connector: { acknowledge: "always" },
  });
  const [taken] = await dequeueDeliveries(ports, { queueId: PARTNER_A, connector, max: 1 });

  expect((await ports.deliveries.find(PARTNER_A, LEASED.id))?.state).toBe("acked");
  const file = taken && (await ports.files.read(taken.delivery.file.path));
  expect(file?.bytes).toBe(taken?.delivery.file.bytes);
});

test("its submissions are found, with their errors and the file to mend", async () => {
  const { submissions, files } = stores();

  const { items } = await submissions.list(PRICES, null, EVERYTHING);

  expect(items.map(({ connectorId, state }) => [connectorId, state])).toEqual([
    [PRICES, "processed"],
    [PRICES, "processed-with-errors"],
  ]);
  const [good, bad] = items;
  expect((await submissions.find(good?.id ?? ""))?.id).toBe(good?.id);
  const path = bad?.result?.entities[0]?.errorFile?.path;
  const mend = path && (await files.read(path));
  expect(mend && (await text(mend.content))).toContain("2,two");
});

/**
 * `npm run bench:fan-out`: what the fan-out of one file costs at 10, 1,000 and 10,000 subscriptions, of which 10 want
 * it, on local storage.
 *
 * Each line shows the first file after a change of a subscription, and then the middle one of 30 more files. Compare
 * the lines with each other; their absolute times depend on the machine.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { TableClient } from "@azure/data-tables";
import { startAzurite } from "../../infra/local/azurite.ts";
import { SubscriptionDefinition } from "../../src/domain/definitions/definitions.ts";
import { fanOut } from "../../src/domain/deliveries/fan-out.ts";
import { fileAvailableMessage } from "../../src/domain/ledger/announce-entries.ts";
import { toRow } from "../../src/stores/table-rows.ts";
import { subscriptionBody } from "../support/definition-bodies.ts";
import { storagePorts } from "../support/storage-ports.ts";
import { anEntryDraft } from "../support/stored-things.ts";

const FILES = 30;
const WANTING = 10;

const seeded = new Set<string>();
const azurite = await startAzurite();
try {
  for (const count of [10, 1_000, 10_000]) {
    await measure(count);
  }
} finally {
  await azurite.stop();
}

async function measure(count: number): Promise<void> {
  const storage = await storagePorts(azurite);
  const table = await definitionsTable();
  const fileType = `Bench.T${randomBytes(6).toString("hex")}`;
  await seed(table, count, fileType);
  const ports = { ...storage, clock: { now: () => new Date() }, log: () => undefined };
  const times: number[] = [];
  for (let file = 0; file <= FILES; file++) {
    const { body } = fileAvailableMessage(await storage.ledger.append(anEntryDraft({ fileType })));
    const startedAt = performance.now();
    const inserted = await fanOut(ports, body);
    times.push(performance.now() - startedAt);
    if (inserted !== WANTING) {
      throw new Error(`${inserted} deliveries instead of ${WANTING}`);
    }
  }
  const [first = 0, ...others] = times;
  const middle = others.sort((a, b) => a - b)[Math.floor(others.length / 2)] ?? 0;
  process.stdout.write(
    `${String(count).padStart(6)} subscriptions: first file ${first.toFixed(0)} ms, each further ${middle.toFixed(0)} ms\n`,
  );
}

/** The newest table of definitions: the one that the ports were just made with. */
async function definitionsTable(): Promise<TableClient> {
  const { TableServiceClient } = await import("@azure/data-tables");
  const service = TableServiceClient.fromConnectionString(azurite.connectionString, {
    allowInsecureConnection: true,
  });
  let newest = "";
  for await (const { name = "" } of service.listTables()) {
    if (name.startsWith("definitions") && !seeded.has(name)) {
      newest = name;
    }
  }
  seeded.add(newest);
  return TableClient.fromConnectionString(azurite.connectionString, newest, {
    allowInsecureConnection: true,
  });
}

async function seed(table: TableClient, count: number, fileType: string): Promise<void> {
  for (let from = 0; from < count; from += 100) {
    const rows = Array.from({ length: Math.min(100, count - from) }, (_, offset) => {
      const wants = (from + offset) % (count / WANTING) === 0;
      return rowOf(wants ? fileType : `Bench.Other${(from + offset) % 500}X`);
    });
    await table.submitTransaction(rows.map((row) => ["create", row]));
  }
}

function rowOf(fileType: string): ReturnType<typeof toRow> {
  const via = { kind: "connector", connectorId: randomUUID() };
  const body = SubscriptionDefinition.parse(
    subscriptionBody({ fileTypes: [fileType], via, filter: "records gt 0" }),
  );
  const [id, at] = [randomUUID(), new Date()];
  const facts = { updatedAt: at, scheduleSince: at, incarnation: "", version: 1, updatedBy: null };
  const stored = { ...body, via: { kind: "connector", activityId: via.connectorId } };
  return toRow({ partitionKey: "subscriptions", rowKey: id }, { id, body: stored, ...facts });
}

import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import type { Files, Ports } from "../../src/domain/ports.ts";
import { blobFiles } from "../../src/stores/blob-files.ts";
import { randomIds } from "../../src/stores/random-ids.ts";
import { tableConsents } from "../../src/stores/table-consents.ts";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { tableDeliveries } from "../../src/stores/table-deliveries.ts";
import { tableExecutions } from "../../src/stores/table-executions.ts";
import { tableLedger } from "../../src/stores/table-ledger.ts";
import { tableOwnQueues } from "../../src/stores/table-own-queues.ts";
import { tableRuns } from "../../src/stores/table-runs.ts";
import { tableSubmissions } from "../../src/stores/table-submissions.ts";
import { tableSubscriptionStates } from "../../src/stores/table-subscription-states.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { memoryFiles } from "./memory-files.ts";
import { type Call, memoryTable } from "./memory-table.ts";
import { emptyTable } from "./memory-table-rows.ts";
import { NO_ANNOUNCEMENTS, NO_TOPIC } from "./no-files.ts";

/**
 * Storage of a world: a storage account, or memory, where thousands of lives take seconds. Tests hold both to the same
 * answers (`memory-table.stack.test.ts`, `memory-files.stack.test.ts`).
 */
export type Storage = "memory" | { readonly connectionString: string };

export type StoragePorts = Pick<
  Ports,
  | "definitions"
  | "subscriptions"
  | "topic"
  | "announcements"
  | "runs"
  | "executions"
  | "files"
  | "ledger"
  | "deliveries"
  | "ownQueues"
  | "deliveryHints"
  | "submissions"
  | "ids"
  | "ticks"
  | "tickQueue"
  | "openWebhook"
  | "consents"
>;

/** Lets whatever else is ready go first, as a request over a network does. */
const IN_TURN: Call = async (_, effect) => {
  await setImmediate();
  return effect();
};

/** The stores on tables of their own, so that tests in one storage account do not meet. */
export async function storagePorts(storage: Storage): Promise<StoragePorts> {
  const suffix = randomBytes(6).toString("hex");
  const table = (name: string): Promise<TableClient> =>
    storage === "memory"
      ? Promise.resolve(memoryTable(emptyTable(), IN_TURN))
      : makeTable(storage.connectionString, `${name}${suffix}`);
  const definitions = await table("definitions");
  const runs = await table("runs");
  const messages = await table("messages");
  return {
    ids: randomIds,
    ticks: { last: async () => null, note: async () => undefined },
    tickQueue: { send: async () => undefined },
    openWebhook: () => {
      throw new Error("nobody is called here");
    },
    definitions: tableDefinitions(definitions, DEFINITION_SCHEMAS),
    subscriptions: tableSubscriptionStates(definitions),
    topic: NO_TOPIC,
    announcements: NO_ANNOUNCEMENTS,
    runs: tableRuns(runs),
    executions: tableExecutions(runs),
    ledger: tableLedger(await table("ledger")),
    deliveries: tableDeliveries(messages),
    ownQueues: tableOwnQueues(messages),
    deliveryHints: { send: async () => undefined },
    consents: tableConsents(messages),
    submissions: tableSubmissions(await table("inbox")),
    files: filesIn(storage),
  };
}

async function makeTable(connectionString: string, name: string): Promise<TableClient> {
  const client = TableClient.fromConnectionString(connectionString, name, {
    allowInsecureConnection: true,
  });
  await client.createTable();
  return client;
}

function filesIn(storage: Storage): Files {
  return storage === "memory"
    ? memoryFiles(new Map(), () => new Date(), IN_TURN)
    : blobFiles(BlobServiceClient.fromConnectionString(storage.connectionString));
}

/** Names of the files in one container, a few at most. */
export async function namesIn(files: Files, container: string, prefix = ""): Promise<string[]> {
  const { items } = await files.list({ container, prefix }, { limit: 1_000, after: null });
  return items.map(({ path }) => path.name);
}

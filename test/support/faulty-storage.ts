import { randomBytes } from "node:crypto";
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, afterEach, beforeAll } from "vitest";
import { type Azurite, startAzurite, storageConnectionString } from "../../infra/local/azurite.ts";
import type { Ports } from "../../src/domain/ports.ts";
import { blobFiles } from "../../src/stores/blob-files.ts";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { tableDeliveries } from "../../src/stores/table-deliveries.ts";
import { tableLedger } from "../../src/stores/table-ledger.ts";
import { tableOwnQueues } from "../../src/stores/table-own-queues.ts";
import { tableRuns } from "../../src/stores/table-runs.ts";
import { tableSubmissions } from "../../src/stores/table-submissions.ts";
import { tableSubscriptionStates } from "../../src/stores/table-subscription-states.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { type FaultProxy, type ProxyFault, startFaultProxy } from "./fault-proxy.ts";
import { NO_ANNOUNCEMENTS } from "./no-files.ts";

export type Stores = Pick<
  Ports,
  | "definitions"
  | "subscriptions"
  | "announcements"
  | "runs"
  | "files"
  | "ledger"
  | "deliveries"
  | "ownQueues"
  | "deliveryHints"
  | "submissions"
>;

/** One storage account, reached in two ways. */
export interface FaultyStorage {
  /** Straight to the storage: what a competitor writes, and how a test looks at what is there. */
  readonly direct: Stores;
  /** Through the proxies: what is under test. */
  readonly faulty: Stores;
  readonly tables: FaultProxy;
  readonly blobs: FaultProxy;
  /** The blob service without adapters and proxies. */
  readonly blobService: BlobServiceClient;
  /** A table without adapters and proxies; one with another name than those of the stores is never there. */
  table(name: string): TableClient;
  stop(): Promise<void>;
}

type TableName = "definitions" | "runs" | "ledger" | "messages" | "inbox";
const TABLE_NAMES: readonly TableName[] = ["definitions", "runs", "ledger", "messages", "inbox"];

/** Starts a storage of its own for the tests of one file; each test finds it without faults. */
export function useFaultyStorage(): Omit<FaultyStorage, "stop"> {
  const state: { storage?: FaultyStorage } = {};

  beforeAll(async () => {
    state.storage = await startFaultyStorage();
  });

  afterEach(() => {
    state.storage?.tables.clear();
    state.storage?.blobs.clear();
  });

  afterAll(async () => {
    await state.storage?.stop();
  });

  const running = (): FaultyStorage => {
    if (state.storage === undefined) {
      throw new Error("the storage is not started");
    }
    return state.storage;
  };
  return {
    get direct() {
      return running().direct;
    },
    get faulty() {
      return running().faulty;
    },
    get tables() {
      return running().tables;
    },
    get blobs() {
      return running().blobs;
    },
    get blobService() {
      return running().blobService;
    },
    table: (name) => running().table(name),
  };
}

async function startFaultyStorage(): Promise<FaultyStorage> {
  const azurite = await startAzurite();
  const tables = await startFaultProxy(azurite.tableEndpoint);
  const blobs = await startFaultProxy(azurite.blobEndpoint);
  const suffix = randomBytes(6).toString("hex");
  const table = (name: string): TableClient =>
    tableClient(azurite.connectionString, `${name}${suffix}`);
  for (const name of TABLE_NAMES) {
    await table(name).createTable();
  }
  return {
    tables,
    blobs,
    table,
    direct: storesOf(azurite.connectionString, suffix),
    faulty: storesOf(throughProxies(azurite, tables, blobs), suffix),
    blobService: blobService(azurite.connectionString),
    stop: async () => {
      await Promise.all([tables.stop(), blobs.stop()]);
      await azurite.stop();
    },
  };
}

function throughProxies(azurite: Azurite, tables: FaultProxy, blobs: FaultProxy): string {
  return storageConnectionString({
    ...azurite,
    tableEndpoint: tables.url,
    blobEndpoint: blobs.url,
  });
}

/** The adapters as app.ts makes them, but for the waits between the SDK's own retries. */
function storesOf(connectionString: string, suffix: string): Stores {
  const table = (name: TableName): TableClient => tableClient(connectionString, `${name}${suffix}`);
  return {
    definitions: tableDefinitions(table("definitions"), DEFINITION_SCHEMAS),
    subscriptions: tableSubscriptionStates(table("definitions")),
    announcements: NO_ANNOUNCEMENTS,
    runs: tableRuns(table("runs")),
    ledger: tableLedger(table("ledger")),
    deliveries: tableDeliveries(table("messages")),
    ownQueues: tableOwnQueues(table("messages")),
    deliveryHints: { send: async () => undefined },
    submissions: tableSubmissions(table("inbox")),
    files: blobFiles(blobService(connectionString)),
  };
}

function tableClient(connectionString: string, name: string): TableClient {
  return TableClient.fromConnectionString(connectionString, name, {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 3, retryDelayInMs: 1, maxRetryDelayInMs: 5 },
  });
}

function blobService(connectionString: string): BlobServiceClient {
  return BlobServiceClient.fromConnectionString(connectionString, {
    retryOptions: { maxTries: 4, retryDelayInMs: 1, maxRetryDelayInMs: 5 },
  });
}

/** Faults of the network and the service that happen once, and that the SDK repairs by itself. */
export const PASSING_FAULTS: Readonly<Record<string, ProxyFault>> = {
  "the answer is lost": { kind: "lose-response" },
  "the request is lost": { kind: "lose-request" },
  "the service is busy": { kind: "refuse", status: 503, code: "ServerBusy" },
};

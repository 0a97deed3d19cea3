import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { type ServiceBusServer, startServiceBus } from "service-bus-emulator";
import { parseConfig } from "service-bus-emulator/config";
import { startAzurite, storageConnectionString } from "../../infra/local/azurite.ts";
import { ANY_PORTS, type Stack, startStack } from "../../infra/local/stack.ts";
import type { ClientName } from "../../infra/local/token-issuer-clients.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { cutStorage, type Outage, type Stage } from "./outage-stages.ts";

export const FILE_TYPE = "Outage.Changes";
const GIVING_DOOR = "7b0f1f8a-3c55-4c0e-8a43-0f5c9f7d1e44";
const TAKING_DOOR = "8c2d5b1e-1f6a-4a57-9d0c-3b7e6f4a0b01";
const PARTNER: ClientName = "partner-a";
/** Between two rows, two files, two looks of a partner. */
const PACE_MS = 500;

export interface OutageOptions {
  /** Settings of the broker's queues and subscriptions; as deployed by default. */
  readonly deliveries?: { readonly max: number; readonly lock: string };
  readonly onLine?: (line: string) => void;
}

export interface OutageResult extends Outage {
  /** From healing until every subscription had every number, every row was published and every file imported. */
  readonly wellAfterMs: number;
  /** Things that were still missing when the time was over. */
  readonly missing: readonly string[];
}

/** The real app under the local host, with storage behind a proxy, and files that flow in both directions. */
export interface OutageWorld {
  /** Cuts storage at the stage's next request for so long, heals, and waits until all is well. */
  outage(stage: Stage, cutMs: number, withinMs: number): Promise<OutageResult>;
  readonly broker: ServiceBusServer;
  stop(): Promise<void>;
}

export async function startOutageWorld(options: OutageOptions = {}): Promise<OutageWorld> {
  const azurite = await startAzurite();
  const tables = await startFaultProxy(azurite.tableEndpoint);
  const blobs = await startFaultProxy(azurite.blobEndpoint);
  const broker = await startServiceBus({ config: await brokerConfig(options.deliveries) });
  const proxied = storageConnectionString({
    ...azurite,
    tableEndpoint: tables.url,
    blobEndpoint: blobs.url,
  });
  const stack = await startStack({
    ports: ANY_PORTS,
    storage: azurite.connectionString,
    serviceBus: broker.connectionString,
    shop: true,
    demo: false,
    settings: () => ({ DataStorage: proxied }),
    onLine: options.onLine ?? (() => undefined),
  });
  const flow = await startFlow(stack);
  return {
    broker,
    outage: async (stage, cutMs, withinMs) => {
      const outage = await cutStorage({ tables, blobs }, stage, cutMs);
      return { ...outage, ...(await untilWell(flow, withinMs)) };
    },
    stop: async () => {
      await flow.stop();
      await stack.stop();
      await Promise.all([stopProxies([tables, blobs]), broker.stop()]);
      await azurite.stop();
    },
  };
}

async function stopProxies(proxies: readonly FaultProxy[]): Promise<void> {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
}

async function brokerConfig(deliveries: OutageOptions["deliveries"]) {
  const path = new URL("../../infra/local/service-bus.json", import.meta.url);
  const text = await readFile(path, "utf8");
  return parseConfig(
    deliveries === undefined
      ? text
      : text
          .replaceAll(/"MaxDeliveryCount": \d+/g, `"MaxDeliveryCount": ${deliveries.max}`)
          .replaceAll(/"LockDuration": "\w+"/g, `"LockDuration": "${deliveries.lock}"`),
  );
}

/** The continuous work, and the knowledge of each side. */
interface Flow {
  readonly call: Call;
  readonly database: Client;
  /** Names of files that the partner was told are acknowledged. */
  readonly acknowledged: Set<string>;
  /** Numbers in files that the app said it has taken. */
  readonly received: Set<number>;
  /** The last row that was written. */
  rows: number;
  stop(): Promise<void>;
}

type Call = (client: ClientName, path: string, init?: RequestInit) => Promise<Response>;

async function startFlow(stack: Stack): Promise<Flow> {
  const database = new Client(stack.file.postgres ?? "");
  database.on("error", () => undefined);
  await database.connect();
  await database.query("create table public.changes (id integer primary key, value integer)");
  await database.query("create table public.taken (number integer not null)");
  const tokens = new Map<ClientName, Promise<string>>();
  const call: Call = async (client, path, init = {}) => {
    const token = tokens.get(client) ?? stack.token(client);
    tokens.set(client, token);
    const headers = { authorization: `Bearer ${await token}`, ...init.headers };
    return fetch(new URL(path, stack.file.app), { ...init, headers });
  };
  await define(stack, call);
  const stopping = new AbortController();
  const { signal } = stopping;
  const flow = { call, database, acknowledged: new Set<string>(), received: new Set<number>() };
  const state: Flow = {
    ...flow,
    rows: 0,
    stop: async () => {
      stopping.abort();
      await loops;
      await database.end();
    },
  };
  const loops = Promise.all([
    again(signal, () => addRow(state)),
    again(signal, () => pull(state)),
    again(signal, () => sendNumber(state)),
  ]);
  return state;
}

/** Whatever fails, fails while something is cut off, and is tried again. */
async function again(signal: AbortSignal, act: () => Promise<unknown>): Promise<void> {
  while (!signal.aborted) {
    await act().catch(() => undefined);
    await delay(PACE_MS);
  }
}

async function define({ file }: Stack, call: Call): Promise<void> {
  const put = async (path: string, body: object) => {
    const answer = await call("operator", `/api/definitions/${path}`, {
      method: "PUT",
      body: JSON.stringify(body),
    });
    if (!answer.ok) {
      throw new Error(`Cannot put "${path}": ${answer.status} ${await answer.text()}`);
    }
  };
  const door = { name: "Partner", applications: [file.clients[PARTNER].id] };
  const source = { kind: "postgres", connection: "shop-owner", table: "public.changes" };
  const target = { kind: "postgres", connection: "shop-owner", table: "public.taken" };
  await put(`connectors/${GIVING_DOOR}`, { ...door, direction: "export", leaseSeconds: 20 });
  await put("exports/changes", {
    fileType: FILE_TYPE,
    entities: [{ name: "Changes", source }],
    format: { kind: "jsonl" },
    schedule: { every: { seconds: 2 } },
  });
  await put("subscriptions/changes", {
    fileTypes: [FILE_TYPE],
    via: { kind: "connector", connectorId: GIVING_DOOR },
  });
  const columns = [{ name: "number", type: "integer", required: true }];
  await put("imports/numbers", {
    format: { kind: "csv" },
    entities: [{ name: "Numbers", columns, target: { ...target, mode: "insert" } }],
  });
  const taking = { ...door, direction: "import", content: "file", import: "numbers" };
  await put(`connectors/${TAKING_DOOR}`, taking);
}

async function addRow(flow: Flow): Promise<void> {
  await flow.database.query("insert into public.changes values ($1, $1)", [flow.rows + 1]);
  flow.rows++;
}

async function pull({ call, acknowledged }: Flow): Promise<void> {
  for (;;) {
    const taken = await call(PARTNER, `/api/connector/dequeue/${GIVING_DOOR}`);
    if (taken.status !== 200) {
      return;
    }
    const message = (await taken.json()) as { FileName: string };
    const done = await call(PARTNER, `/api/connector/ack/${GIVING_DOOR}`, {
      method: "POST",
      body: JSON.stringify(message),
    });
    if (!done.ok) {
      return;
    }
    acknowledged.add(message.FileName);
  }
}

/** One number a file, under an execution id of the partner's own, until the app says that it has it. */
async function sendNumber({ call, received }: Flow): Promise<void> {
  const number = received.size + 1;
  const id = executionId(number);
  const path = `/api/connector/enqueue/${TAKING_DOOR}?executionId=${id}`;
  const body = `number\r\n${number}\r\n`;
  const answer = await call(PARTNER, path, { method: "POST", body });
  if (answer.ok) {
    received.add(number);
  }
}

const LIFE = randomUUID().slice(0, 24);

function executionId(number: number): string {
  return `${LIFE}${String(number).padStart(12, "0")}`;
}

async function untilWell(
  flow: Flow,
  withinMs: number,
): Promise<Pick<OutageResult, "wellAfterMs" | "missing">> {
  const startedAt = performance.now();
  const { rows } = flow;
  const numbers = [...flow.received];
  let ledger: readonly string[] | null = null;
  for (;;) {
    const passedMs = performance.now() - startedAt;
    // the ledger at the moment of healing, as soon as it can be read
    ledger ??= await publishedNames(flow).catch(() => null);
    const missing = await missingOf(flow, { rows, numbers, names: ledger ?? ["the ledger"] });
    if (missing.length === 0 || passedMs > withinMs) {
      return { wellAfterMs: passedMs, missing };
    }
    await delay(PACE_MS);
  }
}

interface Ledger {
  readonly items: readonly { readonly path: { readonly name: string }; readonly records: number }[];
  readonly nextLink?: string;
}

async function publishedNames(flow: Flow): Promise<string[]> {
  return (await published(flow)).map(({ path }) => path.name.split("/").at(-1) ?? "");
}

async function published({ call }: Flow): Promise<Ledger["items"]> {
  const answer = await call("operator", `/api/ledger/${FILE_TYPE}?limit=1000`);
  if (!answer.ok) {
    throw new Error(`Cannot read the ledger: ${answer.status}`);
  }
  return ((await answer.json()) as Ledger).items;
}

async function missingOf(
  flow: Flow,
  wanted: { rows: number; numbers: readonly number[]; names: readonly string[] },
): Promise<string[]> {
  const { rows } = await flow.database.query("select number from public.taken");
  const taken = new Set(rows.map(({ number }) => number));
  const entries = await published(flow).catch(() => []);
  const records = entries.reduce((sum, entry) => sum + entry.records, 0);
  return [
    ...wanted.names.filter((name) => !flow.acknowledged.has(name)).map((name) => `file ${name}`),
    ...wanted.numbers.filter((number) => !taken.has(number)).map((number) => `import ${number}`),
    ...(records < wanted.rows ? [`rows: ${records} of ${wanted.rows} published`] : []),
  ];
}

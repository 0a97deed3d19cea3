import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import {
  ConnectorDefinition,
  SubscriptionDefinition,
} from "../../src/domain/definitions/definitions.ts";
import { acknowledgeDelivery } from "../../src/domain/deliveries/acknowledge-delivery.ts";
import { fanOut } from "../../src/domain/deliveries/fan-out.ts";
import { settleOwed } from "../../src/domain/deliveries/settle-owed.ts";
import { AppError } from "../../src/domain/errors.ts";
import { runExport } from "../../src/domain/exports/run-export.ts";
import { startDueExports } from "../../src/domain/exports/start-due-exports.ts";
import { containerOf } from "../../src/domain/ids.ts";
import type { FileAvailableMessage } from "../../src/domain/ledger/file-available.ts";
import type { Ports, RunRequestOf } from "../../src/domain/ports.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { dequeueOne } from "./dequeue-one.ts";
import { type FakeTable, fakeTable } from "./fake-source.ts";
import { Killed, type Killer, mortal } from "./kill.ts";
import { type ManualClock, manualClock } from "./manual-clock.ts";
import { namesIn, type Storage, storagePorts } from "./storage-ports.ts";
import { savedAt } from "./stored-things.ts";

const CONNECTOR_ID = "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";
const APPLICATION_ID = "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";
const LEASE_SECONDS = 60;

/** Everything that outlives a process: real storage, two queues that hand out again what was not settled, a source. */
export interface World {
  readonly clock: ManualClock;
  readonly table: FakeTable;
  /** Runs whatever is due, to its end, restarting the process as often as it dies. */
  settle(): Promise<void>;
  /** The outside's view at the end. */
  outcome(): Promise<Outcome>;
  readonly killer: Killer;
}

export interface Outcome {
  readonly ledger: { sequence: number; records: number; content: string }[];
  /** Files in storage that no ledger entry has. */
  readonly strayFiles: number;
  readonly slots: string[];
  readonly runs: string[];
  readonly cursor: string | null;
  readonly unfinishedRuns: number;
  readonly unannounced: number;
  readonly delivered: string[];
}

export interface WorldOptions {
  /** Takes a safeguard out of the ports, to see that it is missed. */
  readonly sabotage?: (ports: Ports) => Ports;
  /** Signal of each invocation: aborted from the beginning, it has time for one batch. */
  readonly goOnLater?: AbortSignal;
  readonly sourceAwayUntil?: string;
}

/** @param killAt the point at which the first process dies; null: never */
export async function makeWorld(
  storage: Storage,
  killAt: number | null,
  options: WorldOptions = {},
): Promise<World> {
  const { sabotage = (ports) => ports, goOnLater, sourceAwayUntil } = options;
  const fileType = `World.T${randomBytes(6).toString("hex")}`;
  const clock = manualClock("2026-03-01T10:00:30Z");
  const table = fakeTable();
  const runs: RunRequestOf<"export">[] = [];
  const events: FileAvailableMessage[] = [];
  const lasting: Ports = sabotage({
    ...(await storagePorts(storage)),
    clock,
    log: () => undefined,
    openSource: () => {
      if (sourceAwayUntil !== undefined && clock.now() < new Date(sourceAwayUntil)) {
        throw new AppError("source-unavailable", "Cannot read the table: it is away");
      }
      return table.source();
    },
    openTarget: () => {
      throw new Error("nothing is imported here");
    },
    runQueue: {
      send: async (request) => {
        if (request.kind === "export") {
          runs.push(request);
        }
      },
    },
    announcements: { send: async (message) => void events.push(message) },
    connections: { get: () => ({ kind: "postgres", connectionString: "" }) },
    tokens: { verify: async () => ({ applicationId: APPLICATION_ID, roles: [] }) },
  });
  await define(lasting, fileType);
  const first = mortal(lasting, killAt);
  let ports = first.ports;
  const invocation = {
    signal: new AbortController().signal,
    ...(goOnLater === undefined ? {} : { goOnLater }),
  };
  const settle = async (): Promise<void> => {
    // two instances tick at the same moment, as they may while the platform scales
    await Promise.all([startDueExports(ports), startDueExports(ports)]);
    await drain(runs, (run) => runExport(ports, run, invocation));
    await settleOwed(ports);
    await drain(events, async (event) => void (await fanOut(ports, event.body)));
    await pull(ports);
  };

  return {
    clock,
    table,
    killer: first.killer,
    settle: async () => {
      try {
        await settle();
      } catch (error) {
        if (!(error instanceof Killed)) {
          throw error;
        }
        // the next process comes when leases have ended and the run that nobody began counts as stalled
        ports = lasting;
        clock.advance(120_000);
        await settle();
      }
    },
    outcome: async () => outcomeOf(lasting, fileType),
  };
}

async function define(ports: Ports, fileType: string): Promise<void> {
  const at = savedAt(ports.clock.now());
  const connector = ConnectorDefinition.parse({
    name: "Partner",
    direction: "export",
    applications: [APPLICATION_ID],
    leaseSeconds: LEASE_SECONDS,
  });
  const exported = DEFINITION_SCHEMAS.kinds.exports.parse({
    fileType,
    entities: [
      { name: "Things", source: { kind: "postgres", connection: "db", table: "public.things" } },
    ],
    format: { kind: "jsonl" },
    compression: "none",
    schedule: { cron: "0 * * * *", lateAfterSeconds: 600 },
  });
  const subscription = SubscriptionDefinition.parse({
    fileTypes: [fileType],
    via: { kind: "connector", connectorId: CONNECTOR_ID },
  });
  await ports.definitions.put("connectors", { id: CONNECTOR_ID, body: connector, ...at }, null);
  await ports.definitions.put("exports", { id: "things", body: exported, ...at }, null);
  await ports.definitions.put("subscriptions", { id: "partner", body: subscription, ...at }, null);
}

/** A queue as Service Bus is one: what was not handled to the end is handed out again. */
async function drain<Item>(items: Item[], handle: (item: Item) => Promise<void>): Promise<void> {
  for (let item = items[0]; item !== undefined; item = items[0]) {
    await handle(item);
    items.shift();
  }
}

/** A partner that takes everything there is. */
async function pull(ports: Ports): Promise<void> {
  const connector = { leaseSeconds: LEASE_SECONDS, ordered: false };
  for (;;) {
    const taken = await dequeueOne(ports, { queueId: CONNECTOR_ID, connector });
    if (taken === null) {
      return;
    }
    const { delivery, receipt } = taken;
    await acknowledgeDelivery(ports, {
      ...{ queueId: CONNECTOR_ID, deliveryId: delivery.id, receipt },
      connector: { acknowledge: "always" },
    });
  }
}

async function outcomeOf(ports: Ports, fileType: string): Promise<Outcome> {
  const everything = { limit: 1_000, after: null };
  const entries = (await ports.ledger.list(fileType, everything)).items;
  const slots = (await ports.runs.listSlots("things", everything)).items;
  const runs = (await ports.runs.listRuns("things", everything)).items;
  const { active, cursor } = await ports.runs.current("things");
  const unannounced = await all(ports.ledger.unannounced(fileType));
  const deliveries = (await ports.deliveries.list(CONNECTOR_ID, everything)).items;
  const names = await namesIn(ports.files, containerOf(fileType));
  const published = new Set(entries.map((entry) => entry.path.name));
  return {
    ledger: await Promise.all(
      entries.map(async ({ path, sequence, records }) => {
        const file = await ports.files.read(path);
        return { sequence, records, content: file === null ? "missing" : await text(file.content) };
      }),
    ),
    strayFiles: names.filter((name) => !published.has(name)).length,
    slots: slots.map((slot) => `${slot.dueAt.toISOString()} ${slot.outcome}`),
    runs: runs.map(
      (run) => `${run.dueAt?.toISOString()} ${run.state} ${run.result?.totalRecordsExported}`,
    ),
    // each world has a file type of its own
    cursor: cursor?.replaceAll(fileType, "World.Things") ?? null,
    unfinishedRuns: active.length,
    unannounced: unannounced.length,
    delivered: deliveries.map(({ file, state }) => `${file.sequence} ${state}`).sort(),
  };
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) {
    found.push(item);
  }
  return found;
}

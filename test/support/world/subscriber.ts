import { acknowledgeDelivery } from "../../../src/domain/deliveries/acknowledge-delivery.ts";
import { fanOut } from "../../../src/domain/deliveries/fan-out.ts";
import { settleOwed } from "../../../src/domain/deliveries/settle-owed.ts";
import { runExport } from "../../../src/domain/exports/run-export.ts";
import { startDueExports } from "../../../src/domain/exports/start-due-exports.ts";
import { containerOf } from "../../../src/domain/ids.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { dequeueOne } from "../dequeue-one.ts";
import { namesIn } from "../storage-ports.ts";
import { all } from "../stored-things.ts";
import { EXPORT_ID, type Exporter, exporter } from "./exporter.ts";
import { APPLICATION_ID, define, drain, EVERYTHING, type World } from "./world.ts";

const CONNECTOR_ID = "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";
const LEASE_SECONDS = 60;

/** An hourly export, and a partner that pulls each of its files. */
export interface Subscriber extends World {
  /** Runs whatever is due, to its end. */
  settle(): Promise<void>;
  outcome(): Promise<SubscriberOutcome>;
}

/** The outside's view at the end. */
export interface SubscriberOutcome {
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

/** @param goOnLater signal of each invocation: aborted from the beginning, it has time for one batch */
export async function subscriber(
  world: World,
  goOnLater: AbortSignal = new AbortController().signal,
): Promise<Subscriber> {
  const exported = exporter(world);
  const { exports, events } = world.queues;
  await defineAll(exported);
  const invocation = { signal: new AbortController().signal, goOnLater };
  const settle = async (ports: Ports): Promise<void> => {
    // two instances tick at the same moment, as they may while the platform scales
    await Promise.all([startDueExports(ports), startDueExports(ports)]);
    await drain(exports, (run) => runExport(ports, run, invocation));
    await settleOwed(ports);
    await drain(events, (event) => fanOut(ports, event.body));
    await pull(ports);
  };
  return {
    ...world,
    settle: () => world.survive(settle),
    outcome: () => outcomeOf(exported),
  };
}

async function defineAll({ ports, fileType, define: defineExport }: Exporter): Promise<void> {
  const connector = {
    ...{ name: "Partner", direction: "export", applications: [APPLICATION_ID] },
    leaseSeconds: LEASE_SECONDS,
  };
  const via = { kind: "connector", connectorId: CONNECTOR_ID };
  await define(ports, { kind: "connectors", id: CONNECTOR_ID, body: connector });
  await defineExport({ schedule: { cron: "0 * * * *", lateAfterSeconds: 600 } });
  const body = { fileTypes: [fileType], via };
  await define(ports, { kind: "subscriptions", id: "partner", body });
}

/** Takes everything there is. */
async function pull(ports: Ports): Promise<void> {
  const connector = { leaseSeconds: LEASE_SECONDS, ordered: false, acknowledge: "always" as const };
  const at = { queueId: CONNECTOR_ID, connector };
  for (;;) {
    const taken = await dequeueOne(ports, at);
    if (taken === null) {
      return;
    }
    const { delivery, receipt } = taken;
    await acknowledgeDelivery(ports, { ...at, deliveryId: delivery.id, receipt });
  }
}

async function outcomeOf(exported: Exporter): Promise<SubscriberOutcome> {
  const { ports, fileType, content } = exported;
  const entries = await exported.ledger();
  const slots = (await ports.runs.listSlots(EXPORT_ID, EVERYTHING)).items;
  const { active, cursor } = await ports.runs.current(EXPORT_ID);
  const deliveries = (await ports.deliveries.list(CONNECTOR_ID, EVERYTHING)).items;
  const names = await namesIn(ports.files, containerOf(fileType));
  const published = new Set(entries.map(({ path }) => path.name));
  return {
    ledger: await Promise.all(
      entries.map(async (entry) => {
        const { sequence, records } = entry;
        return { sequence, records, content: await content(entry) };
      }),
    ),
    strayFiles: names.filter((name) => !published.has(name)).length,
    slots: slots.map(({ dueAt, outcome }) => `${dueAt.toISOString()} ${outcome}`),
    runs: (await exported.runs()).map(
      ({ dueAt, state, result }) =>
        `${dueAt?.toISOString()} ${state} ${result?.totalRecordsExported}`,
    ),
    // each world has a file type of its own
    cursor: cursor?.replaceAll(fileType, "World.Things") ?? null,
    unfinishedRuns: active.length,
    unannounced: (await all(ports.ledger.unannounced(fileType))).length,
    delivered: deliveries.map(({ file, state }) => `${file.sequence} ${state}`).sort(),
  };
}

import { randomBytes, randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { acknowledgeDelivery } from "../../../src/domain/deliveries/acknowledge-delivery.ts";
import { cleanUpDeliveries } from "../../../src/domain/deliveries/clean-up-deliveries.ts";
import { arrived } from "../../../src/domain/deliveries/delivery.ts";
import { originOf } from "../../../src/domain/deliveries/delivery-id.ts";
import {
  type Dequeued,
  dequeueDeliveries,
} from "../../../src/domain/deliveries/dequeue-deliveries.ts";
import { downloadFile } from "../../../src/domain/deliveries/download-file.ts";
import { rejectDelivery } from "../../../src/domain/deliveries/reject-delivery.ts";
import { releaseDelivery } from "../../../src/domain/deliveries/release-delivery.ts";
import { renewLease } from "../../../src/domain/deliveries/renew-lease.ts";
import { requeueDelivery } from "../../../src/domain/deliveries/requeue-delivery.ts";
import { deleteOldFiles } from "../../../src/domain/ledger/delete-old-files.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { aFile } from "../file.ts";
import { THINGS } from "./exporter.ts";
import { APPLICATION_ID, DAY_MS, define, EVERYTHING, type World } from "./world.ts";

const CONNECTOR_ID = "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";
const FILES = 6;
const LEASE_SECONDS = 60;
const CONNECTOR = {
  ...{ leaseSeconds: LEASE_SECONDS, ordered: false, acknowledge: "always" as const },
};

/** A partner, an operator and a timer that care for a connector's six files, and a seventh that was never announced. */
export interface Caretaker extends World {
  /** Takes the files, does something different with each, and lets twelve days pass. */
  live(): Promise<void>;
  outcome(): Promise<CareOutcome>;
}

export interface CareOutcome {
  /** The operator's view before the clean-up: sequence, state, and events on the way. */
  readonly deliveries: readonly string[];
  readonly deliveriesAfterCleanup: number;
  /** Sequences of files that are there, and of entries that say so. */
  readonly files: readonly number[];
  readonly entriesOfKeptFiles: readonly number[];
  readonly waiting: number;
}

export async function caretaker(world: World): Promise<Caretaker> {
  const fileType = `Care.T${randomBytes(6).toString("hex")}`;
  const seen: string[] = [];
  await prepare(world.ports, fileType);
  return {
    ...world,
    live: async () => {
      await useFiles(world.survive);
      world.clock.advance(8 * DAY_MS);
      await world.survive((ports) => deleteOldFiles(ports));
      await world.survive((ports) => deleteOldFiles(ports));
      seen.push(...(await deliveriesOf(world.ports)));
      world.clock.advance(4 * DAY_MS);
      await world.survive(cleanUp);
    },
    outcome: () => outcomeOf(world.ports, fileType, seen),
  };
}

async function prepare(ports: Ports, fileType: string): Promise<void> {
  const connector = {
    ...{ name: "Partner", direction: "export", applications: [APPLICATION_ID] },
    leaseSeconds: LEASE_SECONDS,
  };
  const exported = { fileType, entities: [THINGS], format: { kind: "csv" } };
  await define(ports, { kind: "connectors", id: CONNECTOR_ID, body: connector });
  await define(ports, { kind: "exports", id: "a", body: exported });
  for (let sequence = 1; sequence <= FILES + 1; sequence++) {
    const publishedAt = new Date(ports.clock.now().getTime() - 60_000 + sequence);
    const path = { container: "care", name: `${fileType}/${sequence}.csv` };
    await ports.files.write(path, content(sequence), "text/csv");
    const { sequence: _, ...draft } = aFile({ fileType, publishedAt, path });
    const entry = await ports.ledger.append({
      ...draft,
      originId: randomUUID(),
      nextCursor: null,
    });
    if (sequence <= FILES) {
      await ports.ledger.noteAnnounced(entry);
      await ports.ledger.noteFannedOut(entry);
      const { originId: __, nextCursor: ___, deletedAt: ____, ...file } = entry;
      const now = ports.clock.now();
      await ports.deliveries.insert(
        arrived({ queueId: CONNECTOR_ID, origin: originOf(file), file, now }),
      );
    }
  }
}

async function* content(sequence: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`file ${sequence}`);
}

/** Each file has a fate of its own. */
async function useFiles(step: World["survive"]): Promise<void> {
  const taken = await step(takeAll);
  const leaseOf = (sequence: number) => {
    const { delivery, receipt } = taken.get(sequence) as Dequeued;
    const ref = { queueId: CONNECTOR_ID, deliveryId: delivery.id };
    return { delivery, ref, lease: { ...ref, receipt, connector: CONNECTOR } };
  };
  const [acked, released, rejected, sentBack, fetched] = [1, 2, 3, 4, 5].map(leaseOf) as Five<
    ReturnType<typeof leaseOf>
  >;
  const operator = { ...sentBack.ref, connector: CONNECTOR };
  await step((ports) => renewLease(ports, acked.lease));
  await step((ports) => acknowledgeDelivery(ports, acked.lease));
  await step((ports) => releaseDelivery(ports, { ...released.lease, delayMs: 30_000 }));
  await step((ports) => rejectDelivery(ports, { ...rejected.lease, reason: "bad" }));
  await step((ports) => rejectDelivery(ports, { ...sentBack.lease, reason: "bad" }));
  await step((ports) => requeueDelivery(ports, operator));
  await step(async (ports) => {
    const file = await downloadFile(ports, { delivery: fetched.delivery, range: null });
    return buffer(file.content);
  });
}

type Five<Item> = [Item, Item, Item, Item, Item];

/** Takes everything, two at a time. @throws Error when some of it is handed to nobody */
async function takeAll(ports: Ports): Promise<ReadonlyMap<number, Dequeued>> {
  const taken = new Map<number, Dequeued>();
  for (;;) {
    const input = { queueId: CONNECTOR_ID, connector: CONNECTOR, max: 2 };
    const some = await dequeueDeliveries(ports, input);
    for (const one of some) {
      taken.set(one.delivery.file.sequence, one);
    }
    if (taken.size === FILES) {
      return taken;
    }
    if (some.length === 0) {
      throw new Error(`only ${taken.size} of ${FILES} deliveries are handed out`);
    }
  }
}

async function cleanUp(ports: Ports): Promise<void> {
  const olderThan = new Date(ports.clock.now().getTime() - 2 * DAY_MS);
  const states = ["acked", "rejected", "expired"] as const;
  const request = { queueId: CONNECTOR_ID, states, olderThan, dryRun: false };
  await cleanUpDeliveries(ports, { ...request, after: null });
}

async function deliveriesOf(ports: Ports): Promise<string[]> {
  const { items } = await ports.deliveries.list(CONNECTOR_ID, EVERYTHING);
  return items.map((delivery) => {
    const { file, state, requeues, rejection, downloadedAt } = delivery;
    const wasFetched = downloadedAt === null ? "" : " fetched";
    return `${file.sequence} ${state} ${requeues} ${rejection?.reason ?? "-"}${wasFetched}`;
  });
}

async function outcomeOf(
  ports: Ports,
  fileType: string,
  deliveries: readonly string[],
): Promise<CareOutcome> {
  const entries = (await ports.ledger.list(fileType, EVERYTHING)).items;
  const there = await Promise.all(entries.map(({ path }) => ports.files.read(path)));
  const kept = entries.filter(({ deletedAt }) => deletedAt === null);
  const now = new Date("2027-01-01T00:00:00Z");
  const ready = await ports.deliveries.ready(CONNECTOR_ID, { now, limit: 100, ordered: false });
  return {
    deliveries,
    deliveriesAfterCleanup: (await ports.deliveries.list(CONNECTOR_ID, EVERYTHING)).items.length,
    files: entries.filter((_, index) => there[index] !== null).map(({ sequence }) => sequence),
    entriesOfKeptFiles: kept.map(({ sequence }) => sequence),
    waiting: ready.length,
  };
}

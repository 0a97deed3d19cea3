import { DAY_MS } from "../../formats/day.ts";
import { DEFAULT_RETENTION_DAYS } from "../definitions/definitions.ts";
import { eachDefinition } from "../definitions/each-definition.ts";
import type { TrackedDelivery } from "../deliveries/deliveries.ts";
import type { Delivery } from "../deliveries/delivery.ts";
import { deliveryIdOf, originOf } from "../deliveries/delivery-id.ts";
import { expireDelivery } from "../deliveries/expire-delivery.ts";
import { everyTurn, startingAnywhere } from "../every-turn.ts";
import type { Ports } from "../ports.ts";
import type { LedgerEntry } from "./ledger-entry.ts";

/** Limit for one file type in one tick; the next tick deletes more. */
const MAX_FILES = 250;
/** After this time no tick begins with another file type. */
const MAX_TICK_MS = 5 * 60_000;
/** Additional time, at most, for a file that a partner has leased or downloads. Leases could be renewed forever. */
const GRACE_MS = DAY_MS;
/** Longest download. */
const DOWNLOAD_MS = 60 * 60_000;

type RetentionPorts = Pick<
  Ports,
  "definitions" | "ledger" | "deliveries" | "files" | "clock" | "ids" | "log"
>;

/**
 * Deletes files whose time has come, the oldest first. Their ledger entries stay, and record the time.
 *
 * A file that was not announced and fanned out is kept, whatever its age. Deliveries whose file nobody acknowledged
 * expire before it is deleted. So no partner is handed a missing file, and the operator sees files that nobody took.
 * Each step may be repeated: after a crash the next tick deletes the file (C29).
 *
 * A failure with one file does not stop the others.
 *
 * @returns how many files were deleted
 * @throws the first failure, after an attempt on every file
 */
export async function deleteOldFiles(ports: RetentionPorts): Promise<number> {
  const startedAtMs = ports.clock.now().getTime();
  const [daysOf, connectors] = [await retentionOf(ports), await exportConnectors(ports)];
  const fileTypes = startingAnywhere(await ports.ledger.fileTypes(), ports.ids.guid());
  return everyTurn(fileTypes, async (fileType) => {
    const isOver = ports.clock.now().getTime() - startedAtMs > MAX_TICK_MS;
    return isOver ? 0 : deleteOldFilesOf(ports, fileType, { daysOf, connectors });
  });
}

/** Number of days for which an entry's file is kept. */
export type RetentionOf = (entry: Pick<LedgerEntry, "fileType" | "retentionDays">) => number;

/**
 * The definitions' present retention. If several exports make files of one type, the longest time counts. If no export
 * makes the type any more, files keep the retention of their publication. So renaming a file type, or deleting its
 * export, deletes no file. While an export cannot be read, files are also kept at least that long.
 */
export async function retentionOf(ports: Pick<Ports, "definitions">): Promise<RetentionOf> {
  const days = new Map<string, number>();
  let isCertain = true;
  for await (const { body } of eachDefinition(ports, "exports", () => {
    isCertain = false;
  })) {
    days.set(body.fileType, Math.max(body.retentionDays, days.get(body.fileType) ?? 0));
  }
  return ({ fileType, retentionDays = DEFAULT_RETENTION_DAYS }) => {
    const defined = days.get(fileType);
    if (defined === undefined) {
      return retentionDays;
    }
    return isCertain ? defined : Math.max(defined, retentionDays);
  };
}

async function exportConnectors(ports: RetentionPorts): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { id, body } of eachDefinition(ports, "connectors")) {
    if (body.direction === "export") {
      ids.push(id);
    }
  }
  return ids;
}

async function deleteOldFilesOf(
  ports: RetentionPorts,
  fileType: string,
  { daysOf, connectors }: { daysOf: RetentionOf; connectors: readonly string[] },
): Promise<number> {
  const owedFrom = await firstOwed(ports, fileType);
  const keptUntil = (entry: LedgerEntry): Date =>
    new Date(entry.publishedAt.getTime() + daysOf(entry) * DAY_MS);
  const kept = await ports.ledger.kept(fileType, MAX_FILES);
  const due = kept.filter(
    (entry) => keptUntil(entry) <= ports.clock.now() && entry.sequence < owedFrom,
  );
  return everyTurn(due, async (entry) => {
    const deliveries = await deliveriesOf(ports, connectors, entry);
    if (isHeld(deliveries, keptUntil(entry), ports.clock.now())) {
      return 0;
    }
    await deleteFile(ports, entry, deliveries);
    return 1;
  });
}

/** Files are announced and fanned out in order. So all files after the first that was not are owed, too. */
async function firstOwed(ports: RetentionPorts, fileType: string): Promise<number> {
  const unannounced = await first(ports.ledger.unannounced(fileType));
  const notFannedOut = await first(ports.ledger.notFannedOut(fileType));
  return Math.min(
    unannounced?.sequence ?? Number.POSITIVE_INFINITY,
    notFannedOut?.sequence ?? Number.POSITIVE_INFINITY,
  );
}

async function first<Item>(items: AsyncIterable<Item>): Promise<Item | null> {
  for await (const item of items) {
    return item;
  }
  return null;
}

async function deliveriesOf(
  ports: RetentionPorts,
  connectors: readonly string[],
  entry: LedgerEntry,
): Promise<readonly TrackedDelivery[]> {
  const { queues, isAll } = await ports.deliveries.queuesOf(entry);
  const known = queues.map(({ queueId }) => queueId);
  const deliveries: TrackedDelivery[] = [];
  // an earlier version did not note the queues
  for (const queueId of isAll ? known : new Set([...known, ...connectors])) {
    const id = deliveryIdOf(queueId, entry, originOf(entry));
    const delivery = await ports.deliveries.find(queueId, id);
    if (delivery !== null) {
      deliveries.push(delivery);
    }
  }
  return deliveries;
}

function isHeld(deliveries: readonly TrackedDelivery[], keptUntil: Date, now: Date): boolean {
  const graceEndsMs = keptUntil.getTime() + GRACE_MS;
  return now.getTime() < graceEndsMs && deliveries.some((delivery) => isInUse(delivery, now));
}

function isInUse({ state, visibleAt, downloadedAt }: TrackedDelivery, now: Date): boolean {
  const isLeased = state === "dequeued" && visibleAt > now;
  const sinceDownloadMs = now.getTime() - (downloadedAt?.getTime() ?? Number.NEGATIVE_INFINITY);
  return isLeased || sinceDownloadMs < DOWNLOAD_MS;
}

async function deleteFile(
  ports: RetentionPorts,
  entry: LedgerEntry,
  deliveries: readonly Delivery[],
): Promise<void> {
  for (const delivery of deliveries) {
    await expireDelivery(ports, delivery); // C29: first, so that nobody is handed a file that is gone
  }
  await ports.files.delete(entry.path); // C29
  await ports.ledger.noteDeleted(entry, ports.clock.now()); // C29: last, so that the file is found until it is gone
  ports.log("file-deleted", { fileType: entry.fileType, sequence: entry.sequence });
}

import { AppError } from "../errors.ts";
import type { FileAvailableEvent } from "../ledger/file-available.ts";
import type { LedgerEntry } from "../ledger/ledger-entry.ts";
import type { Ports } from "../ports.ts";
import { isOlderThan } from "../values/age.ts";
import { type Listeners, listenersOf, type Subscription } from "./audience.ts";
import type { QueueOfFile } from "./deliveries.ts";
import { NotYet, type WayPorts } from "./ways/way.ts";
import { wayOf } from "./ways/ways.ts";

export type FanOutPorts = WayPorts & Pick<Ports, "definitions" | "ledger">;

/**
 * Gives a published file to every matching subscription: a delivery at each connector.
 *
 * The fan-out is owed from the moment of publication until every subscription has the file or is noted as behind. The
 * event is a hint: if it is lost, a tick does the same work. The ledger describes the file, not the event. A delivery's
 * id is made from connector and entry, so that a second delivery changes nothing.
 *
 * Entries in front of this one that are still owed go first, so that files reach a connector in their order.
 *
 * @returns how many deliveries were new
 * @throws AppError `ledger-entry-not-found` when the ledger has no such entry
 */
export async function fanOut(ports: FanOutPorts, event: FileAvailableEvent): Promise<number> {
  const { blobType, properties } = event;
  const entry = await ports.ledger.find(blobType, properties.sequence);
  if (entry === null) {
    throw new AppError(
      "ledger-entry-not-found",
      `Cannot fan out file ${properties.sequence} of "${blobType}": the ledger has no such entry`,
    );
  }
  const audience = await audienceOf(ports, blobType);
  let inserted = 0;
  for await (const owed of ports.ledger.notFannedOut(blobType)) {
    if (owed.sequence >= entry.sequence) {
      break;
    }
    inserted += await handOut(ports, owed, audience);
  }
  return inserted + (await handOut(ports, entry, audience));
}

/** By then the event was handled, unless it was lost or its handling failed. */
const FORGOTTEN_AFTER_MS = 30_000;

/** Fans out the entries of a file type whose events were lost, or failed. @returns how many deliveries were new */
export async function fanOutForgotten(ports: FanOutPorts, fileType: string): Promise<number> {
  let audience: Audience | null = null;
  let inserted = 0;
  for await (const entry of ports.ledger.notFannedOut(fileType)) {
    if (!isOlderThan(entry.publishedAt, ports.clock.now(), FORGOTTEN_AFTER_MS)) {
      break;
    }
    audience ??= await audienceOf(ports, fileType);
    inserted += await handOut(ports, entry, audience);
    ports.log("file-fanned-out-late", { fileType, sequence: entry.sequence });
  }
  return inserted;
}

/** Subscriptions that may want the files of one type, looked up once for many files. */
interface Audience extends Listeners {
  /** Ids of subscriptions that lack an earlier file. They get this one after it. */
  readonly behind: Set<string>;
}

async function audienceOf(ports: FanOutPorts, fileType: string): Promise<Audience> {
  const listeners = await listenersOf(ports, fileType);
  const behind = await ports.ledger.behind(fileType);
  return { ...listeners, behind: new Set(behind.map(({ subscriptionId }) => subscriptionId)) };
}

/**
 * Gives an entry to every subscription that wants it. If a subscription cannot get it, it is noted as behind without
 * stopping the others, and a tick makes up for it.
 */
async function handOut(
  ports: FanOutPorts,
  entry: LedgerEntry,
  audience: Audience,
): Promise<number> {
  for (const id of audience.unreadable) {
    await fallBehind(ports, entry, id);
  }
  const given: Given[] = [];
  for (const subscription of audience.subscriptions) {
    if (audience.behind.has(subscription.id)) {
      await fallBehind(ports, entry, subscription.id);
      continue;
    }
    try {
      given.push(...(await giveTo(ports, entry, subscription)));
    } catch (error) {
      await fallBehind(ports, entry, subscription.id);
      audience.behind.add(subscription.id);
      if (!(error instanceof NotYet)) {
        ports.log("subscription-behind", {
          subscriptionId: subscription.id,
          fileType: entry.fileType,
          sequence: entry.sequence,
          failure: String(error),
        });
      }
    }
  }
  await ports.deliveries.noteQueuesOf(entry, given, { isAll: true }); // C22
  await ports.ledger.noteFannedOut(entry); // C22: the notes of who is behind stand by now
  return newOnes(given);
}

async function fallBehind(
  ports: FanOutPorts,
  { fileType, sequence }: LedgerEntry,
  subscriptionId: string,
): Promise<void> {
  await ports.ledger.noteBehind(fileType, subscriptionId, sequence); // C22
}

/** A delivery that a subscription has. */
export interface Given extends QueueOfFile {
  readonly isNew: boolean;
}

/** Delivers an entry to a subscription, if the subscription wants it. @returns its delivery, or nothing */
export async function giveTo(
  ports: WayPorts,
  entry: LedgerEntry,
  subscription: Subscription,
): Promise<readonly Given[]> {
  if (!subscription.wants(entry)) {
    return [];
  }
  const { queueId, isNew } = await wayOf(subscription.via).deliver(ports, subscription, entry);
  return [{ queueId, subscriptionId: subscription.id, isNew }];
}

export function newOnes(given: readonly Given[]): number {
  return given.filter(({ isNew }) => isNew).length;
}

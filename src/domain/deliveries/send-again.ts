import { findDefinition } from "../definitions/find-definition.ts";
import { isAppError } from "../errors.ts";
import type { LedgerEntry } from "../ledger/ledger-entry.ts";
import type { Ports } from "../ports.ts";
import { type Subscription, subscriptionOf } from "./audience.ts";
import type { Delivery } from "./delivery.ts";
import { deliveryIdOf, originOf } from "./delivery-id.ts";
import { giveTo } from "./fan-out.ts";
import { type DuePorts, noteDue } from "./note-due.ts";
import { ownerOf } from "./queue-id.ts";
import { requeueDelivery } from "./requeue-delivery.ts";
import type { SubscriptionQueues } from "./subscription-queues.ts";
import type { WayPorts } from "./ways/way.ts";
import { wayOf } from "./ways/ways.ts";

type AgainPorts = WayPorts & DuePorts & Pick<Ports, "definitions" | "files" | "ledger">;

/**
 * Sends a file to its receiver again, whatever became of it. Nobody else gets it. Doing so twice is fine.
 *
 * @throws AppError `delivery-not-found`; `file-not-found` when its file is no longer kept
 */
export async function sendAgain(ports: AgainPorts, delivery: Delivery): Promise<void> {
  const { queueId, id: deliveryId } = delivery;
  const ordered = await isOrdered(ports, queueId);
  await requeueDelivery(ports, { queueId, deliveryId, connector: { ordered } });
  if (ownerOf(queueId) !== null) {
    await noteDue(ports, queueId, ports.clock.now()); // C30
  }
}

async function isOrdered(ports: Pick<Ports, "definitions">, queueId: string): Promise<boolean> {
  const owner = ownerOf(queueId);
  if (owner === null) {
    const connector = await findDefinition(ports, "connectors", queueId);
    return (
      !("unreadable" in connector) &&
      connector.body.direction === "export" &&
      connector.body.ordered
    );
  }
  const subscription = await findDefinition(ports, "subscriptions", owner.id);
  const via = "unreadable" in subscription ? null : subscription.body.via;
  return via !== null && wayOf(via).pace(via).ordered;
}

/** The next call sends more. */
const MAX_FILES = 200;

/**
 * Sends the files of a range to one subscription again, and those that it never got. Files that its definition does not
 * want, and files that are no longer kept, are left out.
 *
 * @param range.from number of the first file
 * @param range.to number of the last file
 * @returns how many were sent, and the number to continue with; null at the end
 */
export async function replay(
  ports: AgainPorts,
  { subscription }: Pick<SubscriptionQueues, "subscription">,
  range: { fileType: string; from: number; to: number },
): Promise<{ count: number; next: number | null }> {
  // files from before its start, too
  const receiver = subscriptionOf(subscription, {});
  const entries = await ports.ledger.listFrom(range.fileType, range.from, MAX_FILES);
  const wanted = entries.filter(
    (entry) => entry.sequence <= range.to && entry.deletedAt === null && receiver.wants(entry),
  );
  let count = 0;
  for (const entry of wanted) {
    count += (await giveAgain(ports, receiver, entry)) ? 1 : 0;
  }
  const last = entries.at(-1);
  const isEnd = entries.length < MAX_FILES || last === undefined || last.sequence >= range.to;
  return { count, next: isEnd ? null : last.sequence + 1 };
}

/** Gives a file that the receiver never got, or sends its delivery again. @returns false when its file is gone */
async function giveAgain(
  ports: AgainPorts,
  receiver: Subscription,
  entry: LedgerEntry,
): Promise<boolean> {
  const given = await giveTo(ports, entry, receiver);
  await ports.deliveries.noteQueuesOf(entry, given, { isAll: false });
  for (const { queueId } of given.filter(({ isNew }) => !isNew)) {
    const deliveryId = deliveryIdOf(queueId, entry, originOf(entry));
    const delivery = await ports.deliveries.find(queueId, deliveryId);
    if (delivery !== null && !(await isSentAgain(ports, delivery))) {
      return false;
    }
  }
  return true;
}

/** One missing file does not end the range. */
async function isSentAgain(ports: AgainPorts, delivery: Delivery): Promise<boolean> {
  try {
    await sendAgain(ports, delivery);
    return true;
  } catch (error) {
    if (isAppError(error) && error.code === "file-not-found") {
      return false;
    }
    throw error;
  }
}

import { type LedgerEntry, publishedFile } from "../../ledger/ledger-entry.ts";
import { arrived, expired } from "../delivery.ts";
import { originOf } from "../delivery-id.ts";
import { noteDue } from "../note-due.ts";
import { ownQueueOf, type QueueId, queueFacts } from "../queue-id.ts";
import type { Pace, Receiver, WayPorts } from "./way.ts";

/** Files of a way that the app brings at once, one beside the other, for three days. */
export const PROMPT: Pace = { ordered: false, holds: false, giveUpAfterMs: 72 * 3_600_000 };

/** Puts a file into the subscription's own queue, from which the app brings it. */
export async function deliverToOwnQueue(
  ports: WayPorts,
  receiver: Pick<Receiver<unknown>, "id" | "incarnation">,
  entry: LedgerEntry,
): Promise<{ queueId: QueueId; isNew: boolean }> {
  const queueId = ownQueueOf(receiver);
  const now = ports.clock.now();
  const file = publishedFile(entry);
  const waiting = arrived({
    queueId,
    subscriptionId: receiver.id,
    origin: originOf(file),
    file,
    now,
  });
  const delivery = entry.deletedAt === null ? waiting : expired(waiting, now);
  const isNew = await ports.deliveries.insert(delivery);
  if (isNew) {
    ports.log("delivery-enqueued", {
      ...queueFacts(queueId),
      deliveryId: delivery.id,
      fileType: file.fileType,
      sequence: file.sequence,
    });
  }
  await noteDue(ports, queueId, now); // C30
  return { queueId, isNew };
}

import type { Ports } from "../ports.ts";
import { type QueueId, queueFacts } from "./queue-id.ts";

export type DuePorts = Pick<Ports, "ownQueues" | "deliveryHints" | "log">;

/**
 * Notes that a delivery of a subscription's own queue is due. Call it after the delivery was written. A worker that finds
 * the queue empty ends the note only if it has not changed, so no delivery stays without one.
 */
export async function noteDue(ports: DuePorts, queueId: QueueId, at: Date): Promise<void> {
  await ports.ownQueues.noteDue(queueId, at);
  await hint(ports, queueId, at);
}

/** A lost hint only delays: a tick sends another. */
export async function hint(
  ports: Pick<Ports, "deliveryHints" | "log">,
  queueId: QueueId,
  at: Date,
): Promise<void> {
  try {
    await ports.deliveryHints.send(queueId, at);
  } catch (error) {
    ports.log("delivery-not-hinted", { ...queueFacts(queueId), failure: String(error) });
  }
}

/**
 * The queue in which deliveries wait. That of a connector has the connector's id, and the partner dequeues there. Each
 * subscription that does not deliver to a connector has a queue of its own, from which the app brings the files.
 */
export type QueueId = string;

/** Partition keys of tables must not hold `/ \ # ?`, and no connector's id holds this. */
const OWN = "subscription:";

export function ownQueueOf(subscriptionId: string): QueueId {
  return OWN + subscriptionId;
}

/** The queue's name in the log. */
export function queueFacts(
  queueId: QueueId,
): { readonly connectorId: string } | { readonly subscriptionId: string } {
  return queueId.startsWith(OWN)
    ? { subscriptionId: queueId.slice(OWN.length) }
    : { connectorId: queueId };
}

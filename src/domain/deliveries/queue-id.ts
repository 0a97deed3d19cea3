/**
 * The queue in which deliveries wait. That of a connector has the connector's id, and the partner dequeues there. Each
 * life of a subscription has a queue of its own, from which the app brings the files.
 */
export type QueueId = string;

/** No connector's id begins so. */
const OWN = "subscription:";

/** A subscription that is deleted and created again has another queue. */
export function ownQueueOf(subscription: {
  readonly id: string;
  readonly incarnation: string;
}): QueueId {
  return `${OWN}${subscription.id}:${subscription.incarnation}`;
}

/** The subscription whose own queue it is; null: a connector's. */
export function ownerOf(queueId: QueueId): { id: string; incarnation: string } | null {
  if (!queueId.startsWith(OWN)) {
    return null;
  }
  const [id = "", incarnation = ""] = queueId.slice(OWN.length).split(":");
  return { id, incarnation };
}

/** The queue's name in the log. */
export function queueFacts(
  queueId: QueueId,
): { readonly connectorId: string } | { readonly subscriptionId: string } {
  const owner = ownerOf(queueId);
  return owner === null ? { connectorId: queueId } : { subscriptionId: owner.id };
}

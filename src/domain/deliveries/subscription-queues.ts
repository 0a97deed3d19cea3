import { usableDefinition } from "../definitions/find-definition.ts";
import { AppError } from "../errors.ts";
import type { Ports, StoredDefinition } from "../ports.ts";
import type { TrackedDelivery } from "./deliveries.ts";
import { ownQueueOf, type QueueId } from "./queue-id.ts";
import { wayOf } from "./ways/ways.ts";

/** Changes of a definition that are looked through for connectors. */
const MAX_CHANGES = 100;

/** A subscription, and every queue in which it has, or had, deliveries. */
export interface SubscriptionQueues {
  readonly subscription: StoredDefinition<"subscriptions">;
  readonly queues: readonly QueueId[];
}

/**
 * Finds a subscription's queues: its own, its connector's, and those of connectors that it delivered to before. So a
 * change of the way hides no delivery.
 *
 * @throws AppError `definition-not-found`, `definition-unreadable`
 */
export async function subscriptionQueues(
  ports: Pick<Ports, "definitions">,
  id: string,
): Promise<SubscriptionQueues> {
  const subscription = await usableDefinition(ports, "subscriptions", id);
  const { via } = subscription.body;
  const history = await ports.definitions.history("subscriptions", subscription.id, {
    before: null,
    limit: MAX_CHANGES,
  });
  const connectors = [
    wayOf(via).connectorOf(via),
    ...history.map(({ body }) => connectorIn(body)),
  ].filter((connectorId) => connectorId !== null);
  return { subscription, queues: [...new Set([ownQueueOf(subscription), ...connectors])] };
}

/** @param body body of any version of the app */
function connectorIn(body: unknown): string | null {
  const { via } = (body ?? {}) as { via?: { connectorId?: unknown } };
  return typeof via?.connectorId === "string" ? via.connectorId : null;
}

/** @throws AppError `delivery-not-found` */
export async function findInQueues(
  ports: Pick<Ports, "deliveries">,
  queues: readonly QueueId[],
  deliveryId: string,
): Promise<TrackedDelivery> {
  for (const queueId of queues) {
    const delivery = await ports.deliveries.find(queueId, deliveryId);
    if (delivery !== null) {
      return delivery;
    }
  }
  throw new AppError(
    "delivery-not-found",
    `Cannot find delivery "${deliveryId}": this subscription has none with that id`,
  );
}

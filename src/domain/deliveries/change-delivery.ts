import { AppError } from "../errors.ts";
import type { Ports } from "../ports.ts";
import type { TrackedDelivery } from "./deliveries.ts";
import type { Delivery } from "./delivery.ts";
import type { QueueId } from "./queue-id.ts";

/** Upper bound; this many writers at once never occur. */
const MAX_ATTEMPTS = 100;

export interface DeliveryRef {
  readonly queueId: QueueId;
  readonly deliveryId: string;
}

/**
 * Finds a delivery.
 *
 * @param verb the intended action, for the error's text
 * @throws AppError `delivery-not-found`
 */
export async function findDelivery(
  ports: Pick<Ports, "deliveries">,
  { queueId, deliveryId }: DeliveryRef,
  verb: string,
): Promise<TrackedDelivery> {
  const delivery = await ports.deliveries.find(queueId, deliveryId);
  if (delivery === null) {
    throw new AppError(
      "delivery-not-found",
      `Cannot ${verb} delivery "${deliveryId}": it is not at this connector`,
    );
  }
  return delivery;
}

/**
 * Changes a delivery by a rule. If another caller was faster, the rule is applied to the new state.
 *
 * @param change.rule returns the same object when nothing has to change
 * @returns the delivery as it is now
 * @throws AppError `delivery-not-found`; any error of the rule
 */
export async function changeDelivery(
  ports: Pick<Ports, "deliveries">,
  ref: DeliveryRef,
  change: { verb: string; rule: (delivery: TrackedDelivery) => Delivery },
): Promise<Delivery> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const delivery = await findDelivery(ports, ref, change.verb);
    const next = change.rule(delivery);
    // C25
    if (next === delivery || (await ports.deliveries.replace(delivery, next))) {
      return next;
    }
  }
  throw new Error(
    `Cannot ${change.verb} delivery "${ref.deliveryId}": it changed ${MAX_ATTEMPTS} times meanwhile, or its rows do not fit each other`,
  );
}

import type { Ports } from "../ports.ts";
import { changeDelivery, type DeliveryRef } from "./change-delivery.ts";
import { type Delivery, rejected } from "./delivery.ts";

/**
 * Sets a delivery aside: the partner cannot use its file, and does not get it again until an operator requeues it.
 * Rejecting twice is fine; the first reason stays.
 *
 * @throws AppError `delivery-not-found`, `delivery-not-leased`, `delivery-leased-by-another`
 */
export async function rejectDelivery(
  ports: Pick<Ports, "deliveries" | "clock">,
  input: DeliveryRef & { receipt: string; reason: string },
): Promise<Delivery> {
  const { receipt, reason } = input;
  return changeDelivery(ports, input, {
    verb: "reject",
    rule: (delivery) => rejected(delivery, receipt, { reason, now: ports.clock.now() }),
  });
}

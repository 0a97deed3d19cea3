import type { ConnectorOf } from "../definitions/definitions.ts";
import type { Ports } from "../ports.ts";
import { changeDelivery, type DeliveryRef } from "./change-delivery.ts";
import { type Delivery, renewed } from "./delivery.ts";

/**
 * Gives a lease its full length again, from now on; for partners that need longer than it lasts. The receipt stays
 * the same. A lease that has run out can be renewed as long as nobody else has leased the delivery since.
 *
 * @returns the delivery; its lease ends at `visibleAt`
 * @throws AppError `delivery-not-found`, `delivery-not-leased`, `delivery-leased-by-another`
 */
export async function renewLease(
  ports: Pick<Ports, "deliveries" | "clock">,
  input: DeliveryRef & {
    receipt: string;
    connector: Pick<ConnectorOf<"export">, "leaseSeconds" | "ordered">;
  },
): Promise<Delivery> {
  const { leaseSeconds, ordered } = input.connector;
  return changeDelivery(ports, input, {
    verb: "renew the lease of",
    rule: (delivery) =>
      renewed(delivery, input.receipt, {
        now: ports.clock.now(),
        leaseMs: leaseSeconds * 1_000,
        ordered,
      }),
  });
}

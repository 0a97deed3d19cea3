import type { ConnectorOf } from "../definitions/definitions.ts";
import type { Ports } from "../ports.ts";
import { changeDelivery, type DeliveryRef } from "./change-delivery.ts";
import { type Delivery, renewed } from "./delivery.ts";

/**
 * Restarts a lease with its full length, for partners that need longer. The receipt stays the same. A lease that has
 * ended can be renewed until somebody else leases the delivery.
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

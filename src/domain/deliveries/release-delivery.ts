import type { ConnectorOf } from "../definitions/definitions.ts";
import type { Ports } from "../ports.ts";
import { changeDelivery, type DeliveryRef } from "./change-delivery.ts";
import { type Delivery, released } from "./delivery.ts";

/**
 * Ends a lease early: any consumer can take the delivery after the delay. Releasing twice is fine.
 *
 * @param input.delayMs 0: at once
 * @throws AppError `delivery-not-found`, `delivery-not-leased`, `delivery-leased-by-another`
 */
export async function releaseDelivery(
  ports: Pick<Ports, "deliveries" | "clock">,
  input: DeliveryRef & {
    receipt: string;
    delayMs: number;
    connector: Pick<ConnectorOf<"export">, "ordered">;
  },
): Promise<Delivery> {
  const { receipt, delayMs, connector } = input;
  return changeDelivery(ports, input, {
    verb: "release",
    rule: (delivery) =>
      released(delivery, receipt, { now: ports.clock.now(), delayMs, ordered: connector.ordered }),
  });
}

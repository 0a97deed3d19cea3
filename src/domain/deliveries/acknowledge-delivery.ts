import type { ConnectorOf } from "../definitions/definitions.ts";
import { AppError } from "../errors.ts";
import type { Ports } from "../ports.ts";
import { changeDelivery, type DeliveryRef } from "./change-delivery.ts";
import type { TrackedDelivery } from "./deliveries.ts";
import { acknowledged, type Delivery } from "./delivery.ts";

/**
 * Ends a lease for good: the partner has the file.
 *
 * Acknowledging twice is fine. A receipt whose lease has ended still counts until somebody else leases the delivery.
 * Slow partners acknowledge late, and must not be sent the file again.
 *
 * Some clients acknowledge a file that they failed to download. The delivery then shows that to the operator. If the
 * connector says so, the acknowledgement is refused.
 *
 * @param input.receipt PopReceipt of the dequeue answer; null from clients that send only the delivery id
 * @returns the delivery as it is now
 * @throws AppError `delivery-not-found`, `delivery-leased-by-another`, `file-not-fetched`, and `delivery-not-leased` after
 *   it was rejected
 */
export async function acknowledgeDelivery(
  ports: Pick<Ports, "deliveries" | "clock">,
  input: DeliveryRef & {
    receipt: string | null;
    connector: Pick<ConnectorOf<"export">, "acknowledge">;
  },
): Promise<Delivery> {
  return changeDelivery(ports, input, {
    verb: "acknowledge",
    rule: (delivery) => {
      const next = acknowledged(delivery, input.receipt, ports.clock.now());
      return next === delivery ? delivery : fetchedOrTold(delivery, next, input.connector);
    },
  });
}

function fetchedOrTold(
  { downloadedAt }: TrackedDelivery,
  next: Delivery,
  { acknowledge }: Pick<ConnectorOf<"export">, "acknowledge">,
): Delivery {
  if (downloadedAt !== null) {
    return next;
  }
  if (acknowledge === "after-download") {
    throw new AppError(
      "file-not-fetched",
      `Cannot acknowledge delivery "${next.id}": its file was not fetched; download it first`,
    );
  }
  return { ...next, unfetched: true };
}

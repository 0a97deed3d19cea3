import type { ConnectorOf } from "../definitions/definitions.ts";
import type { Ports } from "../ports.ts";
import { changeDelivery, type DeliveryRef, findDelivery } from "./change-delivery.ts";
import { type Delivery, requeued } from "./delivery.ts";
import { openFile } from "./download-file.ts";
import { queueFacts } from "./queue-id.ts";

/**
 * Puts a delivery back as if its file had just arrived. This is for a delivery that was rejected, or expired although
 * its file exists. It may also be one that a partner acknowledged and then lost, or leases in vain. Every receipt
 * becomes void. Doing it twice is fine.
 *
 * @throws AppError `delivery-not-found`; `file-not-found` when its file is no longer kept
 */
export async function requeueDelivery(
  ports: Pick<Ports, "deliveries" | "files" | "ledger" | "clock" | "log">,
  input: DeliveryRef & { connector: Pick<ConnectorOf<"export">, "ordered"> },
): Promise<Delivery> {
  const delivery = await findDelivery(ports, input, "requeue");
  await openFile(ports, { delivery, range: null });
  const { ordered } = input.connector;
  const next = await changeDelivery(ports, input, {
    verb: "requeue",
    rule: (current) => requeued(current, { now: ports.clock.now(), ordered }),
  });
  const { queueId, deliveryId } = input;
  const { fileType, sequence } = next.file;
  ports.log("delivery-requeued", { ...queueFacts(queueId), deliveryId, fileType, sequence });
  return next;
}

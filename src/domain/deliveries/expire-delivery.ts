import type { Ports } from "../ports.ts";
import { changeDelivery } from "./change-delivery.ts";
import { type Delivery, expired } from "./delivery.ts";
import { queueFacts } from "./queue-id.ts";

/** Notes that the file of a delivery is no longer kept. An acknowledged delivery does not change. */
export async function expireDelivery(
  ports: Pick<Ports, "deliveries" | "clock" | "log">,
  delivery: Delivery,
): Promise<void> {
  const { queueId, id: deliveryId, file } = delivery;
  const next = await changeDelivery(
    ports,
    { queueId, deliveryId },
    { verb: "expire", rule: (current) => expired(current, ports.clock.now()) },
  );
  if (next.state === "expired" && delivery.state !== "expired") {
    const { fileType, sequence } = file;
    ports.log("delivery-expired", { ...queueFacts(queueId), deliveryId, fileType, sequence });
  }
}

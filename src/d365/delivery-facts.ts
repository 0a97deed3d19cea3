import type { Delivery } from "../domain/deliveries/delivery.ts";
import type { LogFacts } from "../domain/log-events.ts";
import type { Principal } from "../domain/ports.ts";

/** Log facts about a partner's action on a delivery. */
export function deliveryFacts({ applicationId }: Principal, delivery: Delivery): LogFacts {
  return {
    connectorId: delivery.queueId,
    deliveryId: delivery.id,
    fileType: delivery.file.fileType,
    sequence: delivery.file.sequence,
    applicationId,
  };
}

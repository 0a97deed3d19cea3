import type { Delivery } from "../domain/deliveries/delivery.ts";
import type { LogFacts } from "../domain/log-events.ts";
import type { Principal } from "../domain/ports.ts";

/** What the log says when a partner has done something about a message. */
export function deliveryFacts({ applicationId }: Principal, delivery: Delivery): LogFacts {
  return {
    connectorId: delivery.connectorId,
    deliveryId: delivery.id,
    fileType: delivery.file.fileType,
    sequence: delivery.file.sequence,
    applicationId,
  };
}

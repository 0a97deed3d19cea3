import type { ConnectorOf } from "../definitions/definitions.ts";
import type { Ports } from "../ports.ts";
import { type Delivery, isVisible } from "./delivery.ts";
import type { QueueId } from "./queue-id.ts";

/**
 * The deliveries that the next dequeues would hand out, in order, without taking them.
 *
 * @param input.limit most deliveries; an ordered connector never has more than one
 */
export async function peekDeliveries(
  ports: Pick<Ports, "deliveries" | "clock">,
  input: {
    queueId: QueueId;
    connector: Pick<ConnectorOf<"export">, "ordered">;
    limit: number;
  },
): Promise<readonly Delivery[]> {
  const { ordered } = input.connector;
  const now = ports.clock.now();
  const limit = ordered ? 1 : input.limit;
  const ready = await ports.deliveries.ready(input.queueId, { now, limit, ordered });
  return ready.filter((delivery) => isVisible(delivery, now));
}

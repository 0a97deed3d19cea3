import type { ConnectorOf } from "../definitions/definitions.ts";
import type { ActivityId } from "../ids.ts";
import type { Ports } from "../ports.ts";
import { isVisible, type Message } from "./message.ts";

/**
 * What the next dequeues would hand out, in their order, without taking it.
 *
 * @param input.limit at most so many; of an ordered connector there is never more than one
 */
export async function peekMessages(
  ports: Pick<Ports, "messages" | "clock">,
  input: {
    activityId: ActivityId;
    connector: Pick<ConnectorOf<"export">, "ordered">;
    limit: number;
  },
): Promise<readonly Message[]> {
  const { ordered } = input.connector;
  const now = ports.clock.now();
  const limit = ordered ? 1 : input.limit;
  const ready = await ports.messages.ready(input.activityId, { now, limit, ordered });
  return ready.filter((message) => isVisible(message, now));
}

import { app } from "@azure/functions";
import { z } from "zod";
import topology from "../../infra/topology.json" with { type: "json" };
import { bringDeliveries } from "../domain/deliveries/bring-deliveries.ts";
import { bringLanes } from "../domain/deliveries/bring-lanes.ts";
import type { Ports } from "../domain/ports.ts";

const Hint = z.object({ queueId: z.string() });

/** An invocation begins no further attempt after this. */
const MAX_MS = 2 * 60_000;
/** Half of what an instance does at once: maxConcurrentCalls in host.json. */
const MAX_FAILING = 8;

/**
 * Brings the files of subscriptions' own queues. A message is a hint: the deliveries stand in the table, and so does the
 * note that something is due. A tick sends hints for what is overdue.
 */
export function registerDeliveries(ports: Ports): void {
  const lanes = bringLanes(MAX_FAILING);
  app.serviceBusQueue("deliveries", {
    connection: "ServiceBus",
    queueName: topology.queues.deliveries,
    handler: async (message) => {
      const { queueId } = Hint.parse(message);
      if (!lanes.enter(queueId)) {
        return;
      }
      try {
        const mayTryFailing = () => lanes.enterFailing(queueId);
        await bringDeliveries(ports, queueId, {
          mayTryFailing,
          signal: AbortSignal.timeout(MAX_MS),
        });
      } finally {
        lanes.leave(queueId);
      }
    },
  });
}

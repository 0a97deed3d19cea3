import type { ServiceBusClient } from "@azure/service-bus";
import type { TickQueue } from "../domain/ticks/ticks.ts";
import { within } from "./within.ts";

/**
 * Ticks by message. The queue drops an order that it has received before.
 *
 * @param sendMs time limit for ordering a tick
 */
export function serviceBusTickQueue(
  client: ServiceBusClient,
  queue: string,
  sendMs: number,
): TickQueue {
  const sender = client.createSender(queue);
  let ordered = "";
  return {
    send: async (at) => {
      const messageId = `tick:${at.toISOString()}`;
      if (messageId !== ordered) {
        const message = { body: {}, messageId, scheduledEnqueueTimeUtc: at };
        await within({ ms: sendMs, what: "order a tick" }, () => sender.sendMessages(message));
        ordered = messageId;
      }
    },
  };
}

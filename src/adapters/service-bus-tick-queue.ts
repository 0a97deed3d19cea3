import type { ServiceBusClient } from "@azure/service-bus";
import type { TickQueue } from "../domain/ticks/ticks.ts";

/** Ticks by message. The queue drops an order that it was given before. */
export function serviceBusTickQueue(client: ServiceBusClient, queue: string): TickQueue {
  const sender = client.createSender(queue);
  let ordered = "";
  return {
    send: async (at) => {
      const messageId = `tick:${at.toISOString()}`;
      if (messageId !== ordered) {
        await sender.sendMessages({ body: {}, messageId, scheduledEnqueueTimeUtc: at });
        ordered = messageId;
      }
    },
  };
}

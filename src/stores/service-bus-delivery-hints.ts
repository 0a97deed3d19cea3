import type { ServiceBusClient } from "@azure/service-bus";
import type { DeliveryHints } from "../domain/deliveries/own-queues.ts";
import { within } from "./within.ts";

/**
 * Hints on a queue, each for its time. The queue drops a hint that it has received before.
 *
 * @param sendMs time limit for sending a hint
 */
export function serviceBusDeliveryHints(
  client: ServiceBusClient,
  queue: string,
  sendMs: number,
): DeliveryHints {
  const sender = client.createSender(queue);
  return {
    send: async (queueId, at) => {
      const message = {
        body: { queueId },
        contentType: "application/json",
        messageId: `${queueId}:${at.getTime()}`,
        scheduledEnqueueTimeUtc: at,
      };
      await within({ ms: sendMs, what: "hint at a delivery" }, () => sender.sendMessages(message));
    },
  };
}

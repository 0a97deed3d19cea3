import type { ServiceBusClient } from "@azure/service-bus";
import type { RunQueue } from "../domain/ports.ts";

/**
 * Runs on a queue with sessions: one session for each export, so that its runs go one at a time and in order while
 * different exports run beside each other.
 */
export function serviceBusRunQueue(client: ServiceBusClient, queue: string): RunQueue {
  const sender = client.createSender(queue);
  return {
    send: async (request) => {
      await sender.sendMessages({
        body: request,
        contentType: "application/json",
        messageId: request.runId,
        sessionId: `export:${request.exportId}`,
      });
    },
  };
}

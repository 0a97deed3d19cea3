import type { ServiceBusClient } from "@azure/service-bus";
import type { RunQueue, RunRequest } from "../domain/ports.ts";

/**
 * Runs on a queue with sessions: one session for each export and each ordered connector, so that their runs go one at
 * a time and in order while others run beside them.
 */
export function serviceBusRunQueue(client: ServiceBusClient, queue: string): RunQueue {
  const sender = client.createSender(queue);
  return {
    send: async (request) => {
      await sender.sendMessages({
        body: request,
        contentType: "application/json",
        messageId: messageIdOf(request),
        sessionId: sessionOf(request),
      });
    },
  };
}

/** The queue drops what it was sent before under the same id. */
function messageIdOf(request: RunRequest): string {
  return request.kind === "export" ? request.runId : `${request.messageId}:${request.revision}`;
}

function sessionOf(request: RunRequest): string {
  if (request.kind === "export") {
    return `export:${request.exportId}`;
  }
  return `import:${request.ordered ? request.activityId : request.messageId}`;
}

import type { ServiceBusClient } from "@azure/service-bus";
import type { RunQueue, RunRequest } from "../domain/ports.ts";

/**
 * Runs on a queue with sessions: one session for each export and each ordered connector, so that their runs go one at
 * a time and in order while others run beside them. What is sent again has a session of its own.
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
  const id = request.kind === "export" ? request.runId : request.messageId;
  return `${id}:${request.revision}`;
}

function sessionOf(request: RunRequest): string {
  if (request.kind === "export") {
    // a worker that died may hold the export's session until its lock ends
    return request.revision === 0
      ? `export:${request.exportId}`
      : `export:${request.exportId}:${request.runId}:${request.revision}`;
  }
  return `import:${request.ordered ? request.activityId : request.messageId}`;
}

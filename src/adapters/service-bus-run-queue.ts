import type { ServiceBusClient } from "@azure/service-bus";
import type { RunQueue, RunRequest, RunRequestOf } from "../domain/ports.ts";

/** Names of the queues, which are there already. */
export interface RunQueues {
  /** With sessions. */
  readonly runs: string;
  /** Without sessions. */
  readonly imports: string;
  /** With sessions. */
  readonly orderedImports: string;
}

/**
 * Runs of exports, imports of ordered connectors, and imports of the others, each on a queue of their own, so that none
 * waits behind another kind. One session for each export and each ordered connector makes their runs go one at a time
 * and in order. A run that is sent again has a session of its own.
 */
export function serviceBusRunQueue(client: ServiceBusClient, queues: RunQueues): RunQueue {
  const runs = client.createSender(queues.runs);
  const imports = client.createSender(queues.imports);
  const orderedImports = client.createSender(queues.orderedImports);
  return {
    send: async (request) => {
      const message = {
        body: request,
        contentType: "application/json",
        messageId: messageIdOf(request),
      };
      if (request.kind === "export") {
        await runs.sendMessages({ ...message, sessionId: sessionOf(request) });
      } else if (request.ordered) {
        await orderedImports.sendMessages({ ...message, sessionId: request.activityId });
      } else {
        await imports.sendMessages(message);
      }
    },
  };
}

/** The queue drops what it was sent before under the same id. */
function messageIdOf(request: RunRequest): string {
  return request.kind === "export"
    ? `${request.runId}:${request.revision}`
    : `${request.messageId}:${request.sentAtMs}`;
}

function sessionOf({ exportId, runId, revision }: RunRequestOf<"export">): string {
  // a worker that died may hold the export's session until its lock ends
  return revision === 0 ? `export:${exportId}` : `export:${exportId}:${runId}:${revision}`;
}

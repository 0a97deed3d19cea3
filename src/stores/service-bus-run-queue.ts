import type { ServiceBusClient } from "@azure/service-bus";
import { UnavailableError } from "../domain/errors.ts";
import type { RunQueue, RunRequest, RunRequestOf } from "../domain/ports.ts";
import { withStoredNames } from "./stored-names.ts";
import { within } from "./within.ts";

/** Names of the queues, which exist already. */
export interface RunQueues {
  /** With sessions. */
  readonly runs: string;
  /** Without sessions. */
  readonly imports: string;
  /** With sessions. */
  readonly orderedImports: string;
}

/** After a queue did not answer in time, other senders wait only for a moment, for this long. */
const IMPATIENT_MS = 5_000;
const IMPATIENT_WAIT_MS = 250;
/** Most runs whose sending continues without a waiting caller. The SDK gives up each one after some minutes. */
const MAX_UNDER_WAY = 1_000;

/**
 * Three queues: runs of exports and orders, imports of ordered connectors, and other imports. So none waits behind another kind.
 * Each export and each ordered connector has one session, so that its runs go one at a time and in order. A repeated
 * run has a session of its own.
 *
 * A slow send continues in the background until the queue answers. The caller is told that the run was not sent, and a
 * tick would send it too.
 *
 * @param sendMs how long answers to requests wait for a run to be sent
 */
export function serviceBusRunQueue(
  client: ServiceBusClient,
  queues: RunQueues,
  sendMs: number,
): RunQueue {
  const runs = client.createSender(queues.runs);
  const imports = client.createSender(queues.imports);
  const orderedImports = client.createSender(queues.orderedImports);
  let underWay = 0;
  let impatientUntilMs = 0;
  const sending = (request: RunRequest): Promise<void> => {
    const message = {
      body: withStoredNames(request),
      contentType: "application/json",
      messageId: messageIdOf(request),
    };
    if (request.kind !== "import") {
      return runs.sendMessages({ ...message, sessionId: sessionOf(request) });
    }
    return request.ordered
      ? orderedImports.sendMessages({ ...message, sessionId: request.connectorId })
      : imports.sendMessages(message);
  };
  return {
    send: async (request) => {
      if (underWay >= MAX_UNDER_WAY) {
        throw new UnavailableError(
          `Cannot send a run: ${underWay} others wait for the queue to answer`,
        );
      }
      underWay += 1;
      const sent = sending(request).finally(() => {
        underWay -= 1;
      });
      const isImpatient = performance.now() < impatientUntilMs;
      const onSilence = () => {
        impatientUntilMs = performance.now() + IMPATIENT_MS;
      };
      const patience = isImpatient ? { ms: IMPATIENT_WAIT_MS } : { ms: sendMs, onSilence };
      await within({ what: "send a run", ...patience }, () => sent);
    },
  };
}

/** The queue drops a message whose id it has seen before. */
function messageIdOf(request: RunRequest): string {
  return request.kind === "import"
    ? `${request.submissionId}:${request.sentAtMs}`
    : `${request.runId}:${request.revision}`;
}

function sessionOf({ exportId, runId, revision }: RunRequestOf<"export" | "order">): string {
  // a worker that died may hold the export's session until its lock ends
  return revision === 0 ? `export:${exportId}` : `export:${exportId}:${runId}:${revision}`;
}

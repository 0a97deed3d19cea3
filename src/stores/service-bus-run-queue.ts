import type { ServiceBusClient } from "@azure/service-bus";
import { UnavailableError } from "../domain/errors.ts";
import type { RunQueue, RunRequest, RunRequestOf } from "../domain/ports.ts";
import { withStoredNames } from "./stored-names.ts";
import { within } from "./within.ts";

/** Names of the queues, which are there already. */
export interface RunQueues {
  /** With sessions. */
  readonly runs: string;
  /** Without sessions. */
  readonly imports: string;
  /** With sessions. */
  readonly orderedImports: string;
}

/** After a queue did not answer in time, others wait for it but a moment, for so long. */
const IMPATIENT_MS = 5_000;
const IMPATIENT_WAIT_MS = 250;
/** Runs whose sending goes on without anybody waiting, at most; the SDK gives each up after some minutes. */
const MAX_UNDER_WAY = 1_000;

/**
 * Runs of exports, imports of ordered connectors, and imports of the others, each on a queue of their own, so that none
 * waits behind another kind. One session for each export and each ordered connector makes their runs go one at a time
 * and in order. A run that is sent again has a session of its own.
 *
 * A run that takes longer to be sent is still sent when the queue answers again; whoever asked for it hears that it was
 * not, and a tick would send it too.
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
    if (request.kind === "export") {
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

/** The queue drops what it was sent before under the same id. */
function messageIdOf(request: RunRequest): string {
  return request.kind === "export"
    ? `${request.runId}:${request.revision}`
    : `${request.submissionId}:${request.sentAtMs}`;
}

function sessionOf({ exportId, runId, revision }: RunRequestOf<"export">): string {
  // a worker that died may hold the export's session until its lock ends
  return revision === 0 ? `export:${exportId}` : `export:${exportId}:${runId}:${revision}`;
}

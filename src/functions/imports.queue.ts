import { app } from "@azure/functions";
import { z } from "zod";
import topology from "../../infra/topology.json" with { type: "json" };
import { importLanes, type Lanes } from "../domain/imports/import-lanes.ts";
import { runImport } from "../domain/imports/run-import.ts";
import { handOn } from "../domain/imports/send-owed-imports.ts";
import type { Ports } from "../domain/ports.ts";
import { invocationTimes } from "./invocation-times.ts";

/** By the names that runs have had in the queues since the first version. */
const ImportRequest = z
  .object({
    kind: z.literal("import"),
    activityId: z.string(),
    messageId: z.string(),
    applicationId: z.string(),
    ordered: z.boolean(),
    sentAtMs: z.number(),
  })
  .transform(({ activityId: connectorId, messageId: submissionId, ...request }) => ({
    ...request,
    connectorId,
    submissionId,
  }));
type ImportRequest = z.infer<typeof ImportRequest>;

/** An invocation begins no further import after this. */
const MAX_LANE_MS = 2 * 60_000;
/** A quarter of what an instance does at once: maxConcurrentCalls and maxConcurrentSessions in host.json. */
const SHARE = 4;
/** Some hundred bytes each. */
const MAX_WAITING = 10_000;

/**
 * Executes imports. The queue of ordered connectors has a session for each, whose files go one at a time.
 *
 * A message of these queues is a hint: what is owed stands in the table, and a tick sends it as often as it takes. So a
 * message is settled whatever becomes of the work. One that is handed out again at once, ten times, helps nobody.
 */
export function registerImportRuns(ports: Ports, functionTimeoutMs: number): void {
  const { goOnLaterMs } = invocationTimes(functionTimeoutMs);
  const limits = { perConnector: SHARE, perPartner: SHARE, maxWaiting: MAX_WAITING };
  const connection = "ServiceBus";
  const [unordered, ordered] = [
    importLanes<ImportRequest>(limits),
    importLanes<ImportRequest>(limits),
  ];
  const handle = (lanes: Lanes<ImportRequest>, message: unknown): Promise<void> =>
    work(ports, lanes, { request: ImportRequest.parse(message), goOnLaterMs });
  app.serviceBusQueue("imports", {
    connection,
    queueName: topology.queues.imports,
    handler: (message) => handle(unordered, message),
  });
  app.serviceBusQueue("ordered-imports", {
    connection,
    queueName: topology.queues.orderedImports,
    isSessionsEnabled: true,
    handler: (message) => handle(ordered, message),
  });
}

/** Does the work, and then what waits for a lane of the same connector or partner, for as long as there is time. */
async function work(
  ports: Ports,
  lanes: Lanes<ImportRequest>,
  { request, goOnLaterMs }: { request: ImportRequest; goOnLaterMs: number },
): Promise<void> {
  const [time, lane] = [AbortSignal.timeout(goOnLaterMs), AbortSignal.timeout(MAX_LANE_MS)];
  let current = lanes.enter(request) ? request : null;
  while (current !== null) {
    await logged(ports, current, runImport(ports, current, time));
    lanes.leave(current);
    current = lanes.next();
    if (current !== null && lane.aborted) {
      // the next one continues with the rest that waits here
      lanes.leave(current);
      await logged(ports, current, handOn(ports, current));
      return;
    }
  }
}

async function logged(ports: Ports, request: ImportRequest, work: Promise<void>): Promise<void> {
  const { connectorId, submissionId } = request;
  await work.catch((error: unknown) =>
    ports.log("import-broken-off", {
      connectorId,
      submissionId,
      failure: String(error instanceof Error ? error.stack : error),
    }),
  );
}

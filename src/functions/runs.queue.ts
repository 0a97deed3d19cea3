import { app } from "@azure/functions";
import { z } from "zod";
import topology from "../../infra/topology.json" with { type: "json" };
import { runExport } from "../domain/exports/run-export.ts";
import type { RunTimes } from "../domain/exports/run-times.ts";
import type { Ports } from "../domain/ports.ts";

const ExportRequest = z.object({
  kind: z.literal("export"),
  exportId: z.string(),
  runId: z.string(),
  // messages of earlier versions have none
  revision: z.number().default(0),
});
/** Imports of an earlier version, which had this queue for them too: they are owed, and a tick sends them anew. */
const EarlierImport = z.object({ kind: z.literal("import"), messageId: z.string() });
const RunRequest = z.discriminatedUnion("kind", [ExportRequest, EarlierImport]);

/**
 * How long one invocation works, from one figure: the platform lets an instance that it takes away work for another 60
 * minutes when it scales in. That is functionTimeout in host.json, and nobody is let work for longer. Who can save its
 * place does so before, every two minutes and at 55; who cannot has until 58, so that the failure can be noted.
 *
 * Locks are renewed for much longer (maxAutoLockRenewalDuration): that time counts from when a session was taken, and
 * a session may have one run after the other.
 */
const GO_ON_LATER_AFTER_MS = 55 * 60_000;
const MAX_RUN_MS = 58 * 60_000;

/** Executes runs of exports; the queue has a session for each export, whose runs go one at a time. */
export function registerRuns(ports: Ports, times: RunTimes): void {
  app.serviceBusQueue("runs", {
    connection: "ServiceBus",
    queueName: topology.queues.runs,
    isSessionsEnabled: true,
    handler: async (message) => {
      const request = RunRequest.parse(message);
      if (request.kind === "import") {
        ports.log("run-of-earlier-version", { messageId: request.messageId });
        return;
      }
      await runExport(ports, request, {
        signal: AbortSignal.timeout(MAX_RUN_MS),
        goOnLater: AbortSignal.timeout(GO_ON_LATER_AFTER_MS),
        times,
      });
    },
  });
}

import { app } from "@azure/functions";
import { z } from "zod";
import topology from "../../infra/topology.json" with { type: "json" };
import { runExport } from "../domain/exports/run-export.ts";
import type { RunTimes } from "../domain/exports/run-times.ts";
import type { Ports } from "../domain/ports.ts";
import { invocationTimes } from "./invocation-times.ts";

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

/** Executes runs of exports; the queue has a session for each export, whose runs go one at a time. */
export function registerRuns(
  ports: Ports,
  { times, functionTimeoutMs }: { times: RunTimes; functionTimeoutMs: number },
): void {
  const { goOnLaterMs, endMs } = invocationTimes(functionTimeoutMs);
  app.serviceBusQueue("runs", {
    connection: "ServiceBus",
    queueName: topology.queues.runs,
    isSessionsEnabled: true,
    handler: async (message) => {
      const request = RunRequest.parse(message);
      if (request.kind === "import") {
        ports.log("run-of-earlier-version", { submissionId: request.messageId });
        return;
      }
      await runExport(ports, request, {
        signal: AbortSignal.timeout(endMs),
        goOnLater: AbortSignal.timeout(goOnLaterMs),
        times,
      });
    },
  });
}

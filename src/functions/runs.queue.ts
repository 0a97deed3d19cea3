import { app } from "@azure/functions";
import { z } from "zod";
import topology from "../../infra/topology.json" with { type: "json" };
import { runExport } from "../domain/exports/run-export.ts";
import type { Ports } from "../domain/ports.ts";

const RunRequest = z.object({
  kind: z.literal("export"),
  exportId: z.string(),
  runId: z.string(),
});

/** Stops before the platform ends the whole process: see functionTimeout in host.json. */
const MAX_RUN_MS = 9.5 * 60_000;

/** Executes runs, one at a time for each export: the queue has a session for each. */
export function registerRuns(ports: Ports): void {
  app.serviceBusQueue("runs", {
    connection: "ServiceBus",
    queueName: topology.queues.runs,
    isSessionsEnabled: true,
    handler: async (message) => {
      await runExport(ports, RunRequest.parse(message), AbortSignal.timeout(MAX_RUN_MS));
    },
  });
}

import { app } from "@azure/functions";
import { z } from "zod";
import topology from "../../infra/topology.json" with { type: "json" };
import { runExport } from "../domain/exports/run-export.ts";
import { timesOf } from "../domain/exports/run-times.ts";
import { runImport } from "../domain/imports/run-import.ts";
import type { Ports } from "../domain/ports.ts";

const RunRequest = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("export"),
    exportId: z.string(),
    runId: z.string(),
    // messages of earlier versions have none
    revision: z.number().default(0),
  }),
  z.object({
    kind: z.literal("import"),
    activityId: z.string(),
    messageId: z.string(),
    ordered: z.boolean(),
    revision: z.number(),
  }),
]);

/** Stops before the platform ends the whole process: see functionTimeout in host.json. */
const MAX_RUN_MS = 9.5 * 60_000;

/** Executes runs; the queue has a session for each export and each ordered connector, which go one run at a time. */
export function registerRuns(
  ports: Ports,
  { runSilenceSeconds }: { runSilenceSeconds: number },
): void {
  const times = timesOf(runSilenceSeconds * 1_000);
  app.serviceBusQueue("runs", {
    connection: "ServiceBus",
    queueName: topology.queues.runs,
    isSessionsEnabled: true,
    handler: async (message) => {
      const request = RunRequest.parse(message);
      const signal = AbortSignal.timeout(MAX_RUN_MS);
      await (request.kind === "export"
        ? runExport(ports, request, { signal, times })
        : runImport(ports, request, signal));
    },
  });
}

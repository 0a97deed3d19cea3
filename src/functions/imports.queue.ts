import { app } from "@azure/functions";
import { z } from "zod";
import topology from "../../infra/topology.json" with { type: "json" };
import { runImport } from "../domain/imports/run-import.ts";
import type { Ports } from "../domain/ports.ts";

const ImportRequest = z.object({
  kind: z.literal("import"),
  activityId: z.string(),
  messageId: z.string(),
  ordered: z.boolean(),
  revision: z.number(),
});

/** Stops before the platform ends the whole process: see functionTimeout in host.json. */
const MAX_RUN_MS = 9.5 * 60_000;

/** Executes imports. The queue of ordered connectors has a session for each, whose files go one at a time. */
export function registerImportRuns(ports: Ports): void {
  const handler = async (message: unknown): Promise<void> => {
    await runImport(ports, ImportRequest.parse(message), AbortSignal.timeout(MAX_RUN_MS));
  };
  app.serviceBusQueue("imports", {
    connection: "ServiceBus",
    queueName: topology.queues.imports,
    handler,
  });
  app.serviceBusQueue("ordered-imports", {
    connection: "ServiceBus",
    queueName: topology.queues.orderedImports,
    isSessionsEnabled: true,
    handler,
  });
}

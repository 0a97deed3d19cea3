import { app } from "@azure/functions";
import { z } from "zod";
import topology from "../../infra/topology.json" with { type: "json" };
import { runExport } from "../domain/exports/run-export.ts";
import { runOrder } from "../domain/exports/run-order.ts";
import type { RunTimes } from "../domain/exports/run-times.ts";
import { ofItsKind } from "../domain/exports/run-turns.ts";
import type { Ports } from "../domain/ports.ts";
import { invocationTimes } from "./invocation-times.ts";

const RUN = {
  exportId: z.string(),
  runId: z.string(),
  // messages of earlier versions have none
  revision: z.number().default(0),
};
const ExportRequest = z.object({ kind: z.literal("export"), ...RUN });
const OrderRequest = z.object({ kind: z.literal("order"), ...RUN });
/** Imports of an earlier version, which had this queue for them too: they are owed, and a tick sends them anew. */
const EarlierImport = z.object({ kind: z.literal("import"), messageId: z.string() });
const RunRequest = z.discriminatedUnion("kind", [ExportRequest, OrderRequest, EarlierImport]);

/** Executes runs of exports and orders; the queue has a session for each export, whose runs go one at a time. */
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
      const sent = RunRequest.parse(message);
      if (sent.kind === "import") {
        ports.log("run-of-earlier-version", { submissionId: sent.messageId });
        return;
      }
      const invocation = {
        signal: AbortSignal.timeout(endMs),
        goOnLater: AbortSignal.timeout(goOnLaterMs),
        times,
      };
      const request = await ofItsKind(ports, sent);
      await (request.kind === "order"
        ? runOrder(ports, request, invocation)
        : runExport(ports, request, invocation));
    },
  });
}

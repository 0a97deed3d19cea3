import { app, type HttpResponseInit } from "@azure/functions";
import { findDefinition } from "../domain/definitions/find-definition.ts";
import { requestRun } from "../domain/exports/request-run.ts";
import type { Run, Slot } from "../domain/exports/run.ts";
import type { Ports } from "../domain/ports.ts";
import { pageBody, pageRequest } from "./http/page.ts";
import { type Call, parseRequest, type Routes, readJson } from "./http/route.ts";
import type { Sendable } from "./http/sendable.ts";
import { type RunAnswer, RunNowRequest, type SlotAnswer } from "./operator-api.ts";

/** Runs and slots of exports, for operators. */
export function registerExports(ports: Ports, routes: Routes): void {
  app.http("exports-run-now", {
    route: "api/exports/{id}/runs",
    methods: ["POST"],
    authLevel: "anonymous",
    handler: routes.operator((call) => runNow(ports, call)),
  });
  app.http("exports-runs", {
    route: "api/exports/{id}/runs",
    methods: ["GET"],
    authLevel: "anonymous",
    handler: routes.operator(async (call) => {
      const { id } = await findDefinition(ports, "exports", call.params.id ?? "");
      const page = await ports.runs.listRuns(id, pageRequest(call));
      return { status: 200, jsonBody: pageBody(page, representRun) };
    }),
  });
  app.http("exports-slots", {
    route: "api/exports/{id}/slots",
    methods: ["GET"],
    authLevel: "anonymous",
    handler: routes.operator(async (call) => {
      const { id } = await findDefinition(ports, "exports", call.params.id ?? "");
      const page = await ports.runs.listSlots(id, pageRequest(call));
      return { status: 200, jsonBody: pageBody(page, representSlot) };
    }),
  });
}

/** The body may be left out; `{"mode": "full"}` reads everything whatever the cursor says. */
async function runNow(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { mode } = parseRequest(RunNowRequest, await readJson(call.request, {}));
  const { id } = await findDefinition(ports, "exports", call.params.id ?? "");
  const run = await requestRun(ports, { exportId: id, mode });
  return { status: 202, jsonBody: representRun(run) };
}

function representRun({
  written: _,
  incarnation: __,
  checkpoint: ___,
  restarts: ____,
  ...run
}: Run): Sendable<RunAnswer> {
  return run;
}

function representSlot({ claimId: _, ...slot }: Slot): Sendable<SlotAnswer> {
  return slot;
}

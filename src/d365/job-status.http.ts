import { addLogFacts } from "../domain/log-facts.ts";
import type { Ports } from "../domain/ports.ts";
import { connectorOf, onEveryPath } from "../functions/http/connector-route.ts";
import { parseRequest, type Routes } from "../functions/http/route.ts";
import { jobStatus } from "./package-api/job-status.ts";
import { JobStatusQuery } from "./package-api/package-api.ts";

/** How far a message is, as monitors of the connector API ask for it. */
export function registerJobStatus(ports: Ports, routes: Routes): void {
  onEveryPath(
    "jobstatus",
    "GET",
    routes.application(async (call) => {
      const { connectorId } = await connectorOf(ports, call, "import");
      const { jobId } = parseRequest(JobStatusQuery, { jobId: call.query.get("jobid") });
      addLogFacts({ submissionId: jobId });
      return {
        status: 200,
        headers: { "Cache-Control": "no-store" },
        jsonBody: await jobStatus(ports, { connectorId, id: jobId }),
      };
    }),
  );
}

import { JobStatusQuery } from "../contracts/package-api.ts";
import { addLogFacts } from "../domain/log-facts.ts";
import { jobStatus } from "../domain/package-api/job-status.ts";
import type { Ports } from "../domain/ports.ts";
import { connectorOf, onEveryPath } from "../http/connector-route.ts";
import { parseRequest, type Routes } from "../http/route.ts";

/** How far a message is, as monitors of the connector API ask for it. */
export function registerJobStatus(ports: Ports, routes: Routes): void {
  onEveryPath(
    "jobstatus",
    "GET",
    routes.application(async (call) => {
      const { activityId } = await connectorOf(ports, call, "import");
      const { jobId } = parseRequest(JobStatusQuery, { jobId: call.query.get("jobid") });
      addLogFacts({ messageId: jobId });
      return {
        status: 200,
        headers: { "Cache-Control": "no-store" },
        jsonBody: await jobStatus(ports, { activityId, id: jobId }),
      };
    }),
  );
}

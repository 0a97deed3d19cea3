import { addLogFacts } from "../domain/log-facts.ts";
import { door } from "../functions/http/door.ts";
import { atConnector, CONNECTOR_REFUSALS } from "./connector-door.ts";
import { JobStatusResponse } from "./d365-status.ts";
import { jobStatus } from "./package-api/job-status.ts";
import { JobStatusQuery } from "./package-api/package-api.ts";

/** How far a message is, as monitors of the connector API ask for it. */
export const connectorJobStatus = door({
  ...atConnector("jobstatus", "import"),
  method: "get",
  summary: "Ask what became of a file that was sent",
  description:
    "By message id or execution id. Who asks has received the id: the same file, sent again from then on, is a new message.",
  query: JobStatusQuery,
  answers: { 200: { description: "How far it is.", json: JobStatusResponse } },
  refusals: {
    ...CONNECTOR_REFUSALS,
    404: "There is no such connector, it is another application's, or it has received no such message.",
  },
  handle: async (ports, { subject: { connectorId }, query: { jobId } }) => {
    addLogFacts({ submissionId: jobId });
    return {
      status: 200,
      headers: { "Cache-Control": "no-store" },
      json: await jobStatus(ports, { connectorId, id: jobId }),
    };
  },
});

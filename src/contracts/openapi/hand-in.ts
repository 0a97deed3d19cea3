import { z } from "zod";
import { EnqueueQuery, UploadResponse } from "../connector-api.ts";
import { JobStatusResponse } from "../d365-status.ts";
import { ActivityId } from "../ids.ts";
import { JobStatusQuery } from "../package-api.ts";
import { CONNECTOR_PROBLEMS, json, type Operation, PREFIXES, problems } from "./operation.ts";

const CALL = {
  tag: "Hand in",
  caller: "application",
  pathParameters: { activityId: ActivityId },
} as const;

/** The side of the connector API at which partners hand files in. */
export const HAND_IN: readonly Operation[] = [
  {
    ...CALL,
    id: "connector-enqueue",
    method: "post",
    path: "/api/connector/enqueue/{activityId}",
    summary: "Hand a file in",
    description: `Whether it is one entity's file or a data package says the connector, never the request. The same bytes under the same external id are one message. Unknown query parameters are ignored. ${PREFIXES}`,
    query: EnqueueQuery,
    headers: { "x-ms-dyn-externalidentifier": "What the partner calls the file." },
    request: { isRequired: false, content: { "*/*": null } },
    answers: {
      200: { description: "Id of the message, in quotes.", content: json(z.string()) },
      ...problems({
        ...CONNECTOR_PROBLEMS,
        400: "The request cannot be read, the file is empty or broke off, or the connector is one at which files are taken.",
        404: "There is no such connector, it is another application's, or there is no such upload or parent message at it.",
        409: "The partner's own execution id is taken.",
        413: "The file is larger than the connector takes.",
        422: "The file is not what the connector takes.",
      }),
    },
  },
  {
    ...CALL,
    id: "connector-upload",
    method: "post",
    path: "/api/connector/upload/{activityId}",
    summary: "Get an address to put a large file at",
    description: `The file goes straight to storage; then it is handed in by \`enqueue\` with \`?upload=\`. ${PREFIXES}`,
    answers: {
      200: { description: "The address.", content: json(UploadResponse) },
      ...problems(CONNECTOR_PROBLEMS),
    },
  },
  {
    ...CALL,
    id: "connector-jobstatus",
    method: "get",
    path: "/api/connector/jobstatus/{activityId}",
    summary: "Ask what became of a file that was handed in",
    description: `By message id or execution id. ${PREFIXES}`,
    query: JobStatusQuery,
    answers: {
      200: { description: "How far it is.", content: json(JobStatusResponse) },
      ...problems({
        ...CONNECTOR_PROBLEMS,
        404: "There is no such connector, it is another application's, or no such message was handed in at it.",
      }),
    },
  },
];

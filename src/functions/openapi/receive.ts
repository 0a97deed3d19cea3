import { z } from "zod";
import { EnqueueQuery, UploadResponse } from "../../d365/connector-api.ts";
import { JobStatusResponse } from "../../d365/d365-status.ts";
import { JobStatusQuery } from "../../d365/package-api/package-api.ts";
import { ConnectorId } from "../../domain/ids.ts";
import {
  CONNECTOR_PROBLEMS,
  jsonContent,
  type Operation,
  PREFIXES,
  problems,
  REPETITION_HEADER,
} from "./operation.ts";

const CALL = {
  tag: "Hand in",
  caller: "application",
  pathParameters: { activityId: ConnectorId },
} as const;

/** The side of the connector API at which partners hand files in. */
export const HAND_IN: readonly Operation[] = [
  {
    ...CALL,
    id: "connector-enqueue",
    method: "post",
    path: "/api/connector/enqueue/{activityId}",
    summary: "Hand a file in",
    description: `Whether it is one entity's file or a data package says the connector, never the request. A request with the external id, query and content of the last one is a repetition of it if it comes soon (\`deduplicationSeconds\` of the connector), if that has not failed or ended with errors, and if no partner has asked for its state since: it is answered with the same message id, and imports nothing. Everything else is a new message. The charset that the Content-Type of a file names, or that of the \`PUT\` of an upload, goes before the encoding that the import says; the bytes are kept as they come. Unknown query parameters are ignored. ${PREFIXES}`,
    query: EnqueueQuery,
    headers: {
      "x-ms-dyn-externalidentifier":
        "What the partner calls the file, in ASCII: percent-encoded UTF-8 (`%C3%9C`) where it has other characters. It is decoded.",
    },
    request: { isRequired: false, content: { "*/*": null } },
    answers: {
      200: {
        description: "Id of the message, in quotes.",
        content: jsonContent(z.string()),
        optionalHeaders: REPETITION_HEADER,
      },
      ...problems({
        ...CONNECTOR_PROBLEMS,
        400: "The request cannot be read, the file is empty or broke off, or the connector is one at which files are taken.",
        404: "There is no such connector, it is another application's, or there is no such upload or parent message at it.",
        409: "The partner's own execution id is taken.",
        413: "The file is larger than the connector takes, or than the body of a request may be: put it at an upload address.",
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
    description: `For files that are larger than the body of a request may be. The file goes straight to storage; then it is handed in by \`enqueue\` with \`?upload=\`. ${PREFIXES}`,
    answers: {
      200: { description: "The address.", content: jsonContent(UploadResponse) },
      ...problems(CONNECTOR_PROBLEMS),
    },
  },
  {
    ...CALL,
    id: "connector-jobstatus",
    method: "get",
    path: "/api/connector/jobstatus/{activityId}",
    summary: "Ask what became of a file that was handed in",
    description: `By message id or execution id. Who asks has received the id: the same file, sent again from then on, is a new message. ${PREFIXES}`,
    query: JobStatusQuery,
    answers: {
      200: { description: "How far it is.", content: jsonContent(JobStatusResponse) },
      ...problems({
        ...CONNECTOR_PROBLEMS,
        404: "There is no such connector, it is another application's, or no such message was handed in at it.",
      }),
    },
  },
];

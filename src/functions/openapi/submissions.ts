import { z } from "zod";
import { ConnectorId, DefinitionId } from "../../domain/ids.ts";
import {
  ErrorFileQuery,
  SubmissionAnswer,
  SubmissionCleanupRequest,
  SubmissionDetail,
  SubmissionQuery,
} from "../../domain/submissions/submission-api.ts";
import { CleanupResponse } from "../deliveries-api.ts";
import { PageQuery, pageOf } from "../operator-api.ts";
import { jsonContent, OPERATOR_PROBLEMS, type Operation, problems } from "./operation.ts";

const CALL = { tag: "Imports", caller: "operator" } as const;
const ONE = {
  ...CALL,
  pathParameters: { id: z.string().describe("Message id, or any execution id of the submission.") },
} as const;

const PAGE = {
  query: SubmissionQuery.extend(PageQuery.shape),
  description: "Newest first.",
} as const;
const LIST = {
  200: { description: "Messages.", content: jsonContent(pageOf(SubmissionAnswer)) },
} as const;

const OF_SUBMISSION = { ...OPERATOR_PROBLEMS, 404: "There is no such submission." } as const;
const AGAIN = {
  202: { description: "The submission as it waits.", content: jsonContent(SubmissionAnswer) },
  ...problems({ ...OF_SUBMISSION, 409: "It is not in a state for that." }),
} as const;

/** Submissions that partners handed in. */
export const SUBMISSIONS: readonly Operation[] = [
  {
    ...CALL,
    ...PAGE,
    id: "imports-submissions",
    method: "get",
    path: "/api/imports/{id}/submissions",
    summary: "List the submissions of an import",
    pathParameters: { id: DefinitionId },
    answers: {
      ...LIST,
      ...problems({
        ...OPERATOR_PROBLEMS,
        400: "The query cannot be read.",
        404: "There is no such import.",
      }),
    },
  },
  {
    ...CALL,
    ...PAGE,
    id: "connectors-submissions",
    method: "get",
    path: "/api/connectors/{id}/submissions",
    summary: "List the submissions that were handed in at a connector",
    pathParameters: { id: ConnectorId },
    answers: {
      ...LIST,
      ...problems({
        ...OPERATOR_PROBLEMS,
        400: "The query cannot be read.",
        404: "There is no such connector.",
      }),
    },
  },
  {
    ...ONE,
    id: "submissions-get",
    method: "get",
    path: "/api/submissions/{id}",
    summary: "Read a submission with the first of its errors",
    description: "By any id that the partner or the operator knows it by.",
    answers: {
      200: { description: "The submission.", content: jsonContent(SubmissionDetail) },
      ...problems(OF_SUBMISSION),
    },
  },
  {
    ...ONE,
    id: "submissions-error-file",
    method: "get",
    path: "/api/submissions/{id}/error-file",
    summary: "Fetch the bad rows of one entity, with the reason behind each",
    description: "In the format in which they were handed in: mended, it can be handed in again.",
    query: ErrorFileQuery,
    answers: {
      200: {
        description: "The file.",
        content: { "*/*": null },
        headers: {
          "Content-Length": "Bytes of the body.",
          "Content-Disposition": "What to call the file (RFC 6266).",
        },
      },
      ...problems({
        ...OPERATOR_PROBLEMS,
        400: "The query cannot be read.",
        404: "There is no such submission, or no error file of that entity.",
        410: "The error file is no longer kept.",
      }),
    },
  },
  {
    ...ONE,
    id: "submissions-requeue",
    method: "post",
    path: "/api/submissions/{id}/requeue",
    summary: "Process a submission once more, as a new execution",
    description: "Of a submission that has failed, by the import's definition as it is now.",
    answers: { ...AGAIN, ...problems({ 410: "Its file is no longer kept." }) },
  },
  {
    ...ONE,
    id: "submissions-resend",
    method: "post",
    path: "/api/submissions/{id}/resend",
    summary: "Send the run that a submission is owed once more",
    description:
      "Of a submission that waits or seems to hang: at once, instead of when its time has come.",
    answers: AGAIN,
  },
  {
    ...CALL,
    id: "connectors-submissions-cleanup",
    method: "post",
    path: "/api/connectors/{id}/submissions/cleanup",
    summary: "Delete what is known of submissions that ended long ago",
    description:
      "Those whose files are deleted already; their ids are unknown from then on. Only counts, unless `dryRun` is false. A call looks at up to 200 submissions; `next` goes on.",
    pathParameters: { id: ConnectorId },
    request: { isRequired: true, content: jsonContent(SubmissionCleanupRequest) },
    answers: {
      200: { description: "What was done.", content: jsonContent(CleanupResponse) },
      ...problems({
        ...OPERATOR_PROBLEMS,
        400: "The request cannot be read, or the connector is one at which files are taken.",
        404: "There is no such connector.",
        413: "The body is too large.",
      }),
    },
  },
];

import { z } from "zod";
import { ActivityId, DefinitionId } from "../../domain/ids.ts";
import {
  ErrorFileQuery,
  InboundCleanupRequest,
  InboundMessageAnswer,
  InboundMessageDetail,
  InboundQuery,
} from "../../domain/submissions/inbound-api.ts";
import { CleanupResponse } from "../connector-care-api.ts";
import { PageQuery, pageOf } from "../operator-api.ts";
import { json, OPERATOR_PROBLEMS, type Operation, problems } from "./operation.ts";

const CALL = { tag: "Imports", caller: "operator" } as const;
const ONE = {
  ...CALL,
  pathParameters: { id: z.string().describe("Message id, or any execution id of the message.") },
} as const;

const PAGE = {
  query: InboundQuery.extend(PageQuery.shape),
  description: "Newest first.",
} as const;
const LIST = {
  200: { description: "Messages.", content: json(pageOf(InboundMessageAnswer)) },
} as const;

const OF_MESSAGE = { ...OPERATOR_PROBLEMS, 404: "There is no such message." } as const;
const AGAIN = {
  202: { description: "The message as it waits.", content: json(InboundMessageAnswer) },
  ...problems({ ...OF_MESSAGE, 409: "It is not in a state for that." }),
} as const;

/** Messages that partners handed in. */
export const INBOUND: readonly Operation[] = [
  {
    ...CALL,
    ...PAGE,
    id: "imports-messages",
    method: "get",
    path: "/api/imports/{id}/messages",
    summary: "List the messages of an import",
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
    id: "connectors-messages",
    method: "get",
    path: "/api/connectors/{id}/inbound-messages",
    summary: "List the messages that were handed in at a connector",
    pathParameters: { id: ActivityId },
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
    id: "inbound-get",
    method: "get",
    path: "/api/inbound-messages/{id}",
    summary: "Read a message with the first of its errors",
    description: "By any id that the partner or the operator knows it by.",
    answers: {
      200: { description: "The message.", content: json(InboundMessageDetail) },
      ...problems(OF_MESSAGE),
    },
  },
  {
    ...ONE,
    id: "inbound-error-file",
    method: "get",
    path: "/api/inbound-messages/{id}/error-file",
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
        404: "There is no such message, or no error file of that entity.",
        410: "The error file is no longer kept.",
      }),
    },
  },
  {
    ...ONE,
    id: "inbound-requeue",
    method: "post",
    path: "/api/inbound-messages/{id}/requeue",
    summary: "Process a message once more, as a new execution",
    description: "Of a message that has failed, by the import's definition as it is now.",
    answers: { ...AGAIN, ...problems({ 410: "Its file is no longer kept." }) },
  },
  {
    ...ONE,
    id: "inbound-resend",
    method: "post",
    path: "/api/inbound-messages/{id}/resend",
    summary: "Send the run that a message is owed once more",
    description:
      "Of a message that waits or seems to hang: at once, instead of when its time has come.",
    answers: AGAIN,
  },
  {
    ...CALL,
    id: "connectors-messages-cleanup",
    method: "post",
    path: "/api/connectors/{id}/inbound-messages/cleanup",
    summary: "Delete what is known of messages that ended long ago",
    description:
      "Those whose files are deleted already; their ids are unknown from then on. Only counts, unless `dryRun` is false. A call looks at up to 200 messages; `next` goes on.",
    pathParameters: { id: ActivityId },
    request: { isRequired: true, content: json(InboundCleanupRequest) },
    answers: {
      200: { description: "What was done.", content: json(CleanupResponse) },
      ...problems({
        ...OPERATOR_PROBLEMS,
        400: "The request cannot be read, or the connector is one at which files are taken.",
        404: "There is no such connector.",
        413: "The body is too large.",
      }),
    },
  },
];

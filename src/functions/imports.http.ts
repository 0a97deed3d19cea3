import { z } from "zod";
import { usableDefinition } from "../domain/definitions/find-definition.ts";
import { AppError } from "../domain/errors.ts";
import { ActivityId, DefinitionId } from "../domain/ids.ts";
import { isCheck } from "../domain/imports/import-options.ts";
import type { Page } from "../domain/page.ts";
import { cleanUpInboundMessages } from "../domain/submissions/clean-up-inbound-messages.ts";
import { findChildren } from "../domain/submissions/find-children.ts";
import {
  errorFileName,
  findInboundMessage,
  listExecutionErrors,
  openErrorFileOf,
} from "../domain/submissions/find-inbound-message.ts";
import {
  ErrorFileQuery,
  InboundCleanupRequest,
  InboundMessageAnswer,
  InboundMessageDetail,
  InboundQuery,
} from "../domain/submissions/inbound-api.ts";
import type { InboundMessage } from "../domain/submissions/inbound-message.ts";
import { listMessagesOfImport } from "../domain/submissions/list-messages.ts";
import { requeueMessage, resendMessage } from "../domain/submissions/requeue-message.ts";
import { CleanupResponse } from "./cleanup-answer.ts";
import { jsonBody } from "./http/body.ts";
import { attachment } from "./http/content-disposition.ts";
import { type DoorPorts, door } from "./http/door.ts";
import { PageQuery, pageOf, pageRequest } from "./http/page.ts";
import { streamedBody } from "./http/streamed-body.ts";

const ABOUT = {
  tag: { name: "Imports", description: "Messages that were handed in." },
  caller: "operator",
} as const;

const LIST = {
  ...ABOUT,
  method: "get",
  description: "Newest first.",
  query: InboundQuery.extend(PageQuery.shape),
  answers: { 200: { description: "Messages.", json: pageOf(InboundMessageAnswer) } },
} as const;

const OF_IMPORT = { 400: "The query cannot be read.", 404: "There is no such import." } as const;
const OF_CONNECTOR = {
  400: "The query cannot be read.",
  404: "There is no such connector.",
} as const;

const ONE = {
  ...ABOUT,
  params: { id: z.string().describe("Message id, or any execution id of the message.") },
  refusals: { 404: "There is no such message." },
} as const;

const AGAIN = {
  ...ONE,
  method: "post",
  answers: { 202: { description: "The message as it waits.", json: InboundMessageAnswer } },
  refusals: { ...ONE.refusals, 409: "It is not in a state for that." },
} as const;

/** Messages that partners handed in, for operators. */
export const IMPORT_DOORS = [
  door({
    ...LIST,
    id: "imports-messages",
    path: "/api/imports/{id}/messages",
    summary: "List the messages of an import",
    params: { id: DefinitionId },
    refusals: OF_IMPORT,
    subject: (ports, { params }) => usableDefinition(ports, "imports", params.id),
    handle: async (ports, { subject: { id }, query }) => {
      const state = query.state ?? null;
      const page = await listMessagesOfImport(ports, id, { state, ...pageRequest(query) });
      return { status: 200, json: await represented(ports, page) };
    },
  }),
  door({
    ...LIST,
    id: "connectors-messages",
    path: "/api/connectors/{id}/inbound-messages",
    summary: "List the messages that were handed in at a connector",
    params: { id: ActivityId },
    refusals: OF_CONNECTOR,
    subject: (ports, { params }) => usableDefinition(ports, "connectors", params.id),
    handle: async (ports, { subject, query }) => {
      const activityId = ActivityId.parse(subject.id);
      const page = await ports.inbox.list(activityId, query.state ?? null, pageRequest(query));
      return { status: 200, json: await represented(ports, page) };
    },
  }),
  door({
    ...ONE,
    id: "inbound-get",
    method: "get",
    path: "/api/inbound-messages/{id}",
    summary: "Read a message with the first of its errors",
    description: "By any id that the partner or the operator knows it by.",
    answers: { 200: { description: "The message.", json: InboundMessageDetail } },
    handle: async (ports, { params }) => {
      const message = await findInboundMessage(ports, params.id);
      const errorList = await listExecutionErrors(ports, message);
      return { status: 200, json: { ...(await representOne(ports, message)), errorList } };
    },
  }),
  door({
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
        bytes: true,
        headers: {
          "Content-Length": "Bytes of the body.",
          "Content-Disposition": "What to call the file (RFC 6266).",
        },
      },
    },
    refusals: {
      400: "The query cannot be read.",
      404: "There is no such message, or no error file of that entity.",
      410: "The error file is no longer kept.",
    },
    handle: async (ports, { params, query, invocationId }) => {
      const message = await findInboundMessage(ports, params.id);
      const { file, bytes, content } = await openErrorFileOf(ports, message, query.entity);
      return {
        status: 200,
        headers: {
          "Content-Type": file.contentType,
          "Content-Length": String(bytes),
          "Content-Disposition": attachment(errorFileName(message, file)),
          "Cache-Control": "no-store",
        },
        body: streamedBody(content, invocationId),
      };
    },
  }),
  door({
    ...AGAIN,
    id: "inbound-requeue",
    path: "/api/inbound-messages/{id}/requeue",
    summary: "Process a message once more, as a new execution",
    description: "Of a message that has failed, by the import's definition as it is now.",
    refusals: { ...AGAIN.refusals, 410: "Its file is no longer kept." },
    handle: async (ports, { params }) => {
      const message = await requeueMessage(ports, params.id);
      return { status: 202, json: await representOne(ports, message) };
    },
  }),
  door({
    ...AGAIN,
    id: "inbound-resend",
    path: "/api/inbound-messages/{id}/resend",
    summary: "Send the run that a message is owed once more",
    description:
      "Of a message that waits or seems to hang: at once, instead of when its time has come.",
    handle: async (ports, { params }) => {
      const message = await resendMessage(ports, params.id);
      return { status: 202, json: await representOne(ports, message) };
    },
  }),
  door({
    ...ABOUT,
    id: "connectors-messages-cleanup",
    method: "post",
    path: "/api/connectors/{id}/inbound-messages/cleanup",
    summary: "Delete what is known of messages that ended long ago",
    description:
      "Those whose files are deleted already; their ids are unknown from then on. Only counts, unless `dryRun` is false. A call looks at up to 200 messages; `next` goes on.",
    params: { id: ActivityId },
    body: jsonBody(InboundCleanupRequest),
    answers: { 200: { description: "What was done.", json: CleanupResponse } },
    refusals: {
      400: "The request cannot be read, or the connector is one at which files are taken.",
      404: "There is no such connector.",
    },
    subject: (ports, { params }) => importConnector(ports, params.id),
    handle: async (ports, { subject, body }) => {
      const done = await cleanUpInboundMessages(ports, {
        ...body,
        activityId: ActivityId.parse(subject.id),
        after: body.after ?? null,
      });
      return { status: 200, json: { dryRun: body.dryRun, ...done } };
    },
  }),
];

async function importConnector(ports: DoorPorts, wanted: string): Promise<{ id: string }> {
  const { id, body } = await usableDefinition(ports, "connectors", wanted);
  if (body.direction !== "import") {
    throw new AppError(
      "connector-direction-wrong",
      `Cannot clean up what was handed in at connector "${id}": files are taken there; see /api/connectors/${id}/messages`,
    );
  }
  return { id };
}

async function represented(ports: DoorPorts, { items, next }: Page<InboundMessage>) {
  const children = await findChildren(ports, items);
  return { items: items.map((message) => represent(message, children)), next };
}

async function representOne(ports: DoorPorts, message: InboundMessage) {
  return represent(message, await findChildren(ports, [message]));
}

/** With what belongs to a message and is not kept in it. */
function represent(
  message: InboundMessage,
  children: ReadonlyMap<string, readonly InboundMessage[]>,
) {
  const { file, result, fileDeletedAt } = message;
  return {
    ...message,
    fileDeletedAt: fileDeletedAt ?? null,
    children: children.get(message.id) ?? [],
    checkOnly: isCheck(message),
    bytes: file.bytes,
    sha256: file.sha256,
    result: result === null ? null : representResult(message.id, result),
  };
}

function representResult(
  id: string,
  { entities, errors, validateOnly }: NonNullable<InboundMessage["result"]>,
) {
  return {
    validateOnly,
    errors,
    entities: entities.map(({ errorFile: file, ...entity }) => ({
      ...entity,
      // results of earlier versions have none
      matchedLoosely: entity.matchedLoosely ?? [],
      errorFile:
        file === null
          ? null
          : {
              rows: file.rows,
              contentType: file.contentType,
              path: `/api/inbound-messages/${id}/error-file?entity=${encodeURIComponent(entity.name)}`,
            },
    })),
  };
}

import { app, type HttpResponseInit } from "@azure/functions";
import { usableDefinition } from "../domain/definitions/find-definition.ts";
import { AppError } from "../domain/errors.ts";
import { ActivityId } from "../domain/ids.ts";
import { isCheck } from "../domain/imports/import-options.ts";
import type { Page } from "../domain/page.ts";
import type { Ports } from "../domain/ports.ts";
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
  type InboundMessageAnswer,
  type InboundMessageDetail,
  InboundQuery,
  type InboundState,
} from "../domain/submissions/inbound-api.ts";
import type { InboundMessage } from "../domain/submissions/inbound-message.ts";
import { listMessagesOfImport } from "../domain/submissions/list-messages.ts";
import { requeueMessage, resendMessage } from "../domain/submissions/requeue-message.ts";
import type { CleanupResponse } from "./connector-care-api.ts";
import { attachment } from "./http/content-disposition.ts";
import { pageBody, pageRequest } from "./http/page.ts";
import { type Call, parseRequest, type Routes, readJson } from "./http/route.ts";
import type { Sendable } from "./http/sendable.ts";
import { streamedBody } from "./http/streamed-body.ts";

/** Messages that partners handed in, for operators. */
export function registerImports(ports: Ports, routes: Routes): void {
  const operator = (
    name: string,
    route: { method: "GET" | "POST"; path: string },
    handle: (call: Call) => Promise<HttpResponseInit>,
  ) =>
    app.http(name, {
      route: route.path,
      methods: [route.method],
      authLevel: "anonymous",
      handler: routes.operator(handle),
    });
  const one = "api/inbound-messages/{id}";

  operator("imports-messages", { method: "GET", path: "api/imports/{id}/messages" }, (call) =>
    messagesOfImport(ports, call),
  );
  operator(
    "connectors-messages",
    { method: "GET", path: "api/connectors/{id}/inbound-messages" },
    (call) => messagesOfConnector(ports, call),
  );
  operator("inbound-get", { method: "GET", path: one }, (call) => get(ports, call));
  operator("inbound-error-file", { method: "GET", path: `${one}/error-file` }, (call) =>
    errorFile(ports, call),
  );
  operator("inbound-requeue", { method: "POST", path: `${one}/requeue` }, async (call) =>
    again(ports, await requeueMessage(ports, idOf(call))),
  );
  operator("inbound-resend", { method: "POST", path: `${one}/resend` }, async (call) =>
    again(ports, await resendMessage(ports, idOf(call))),
  );
  operator(
    "connectors-messages-cleanup",
    { method: "POST", path: "api/connectors/{id}/inbound-messages/cleanup" },
    (call) => cleanUp(ports, call),
  );
}

async function messagesOfImport(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { id } = await usableDefinition(ports, "imports", idOf(call));
  const page = await listMessagesOfImport(ports, id, {
    state: stateOf(call),
    ...pageRequest(call),
  });
  return listed(ports, page);
}

async function messagesOfConnector(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { id } = await usableDefinition(ports, "connectors", idOf(call));
  const page = await ports.inbox.list(ActivityId.parse(id), stateOf(call), pageRequest(call));
  return listed(ports, page);
}

async function listed(ports: Ports, page: Page<InboundMessage>): Promise<HttpResponseInit> {
  const children = await findChildren(ports, page.items);
  return {
    status: 200,
    jsonBody: pageBody(page, (message) => represent(message, children)),
  };
}

/** One message with the first of its errors. */
async function get(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const message = await findInboundMessage(ports, idOf(call));
  const errors = await listExecutionErrors(ports, message);
  const children = await findChildren(ports, [message]);
  const answer: Sendable<InboundMessageDetail> = {
    ...represent(message, children),
    errorList: errors,
  };
  return { status: 200, jsonBody: answer };
}

async function again(ports: Ports, message: InboundMessage): Promise<HttpResponseInit> {
  return { status: 202, jsonBody: represent(message, await findChildren(ports, [message])) };
}

async function cleanUp(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { id, body } = await usableDefinition(ports, "connectors", idOf(call));
  if (body.direction !== "import") {
    throw new AppError(
      "connector-direction-wrong",
      `Cannot clean up what was handed in at connector "${id}": files are taken there; see /api/connectors/${id}/messages`,
    );
  }
  const request = parseRequest(InboundCleanupRequest, await readJson(call.request));
  const done = await cleanUpInboundMessages(ports, {
    ...request,
    activityId: ActivityId.parse(id),
    after: request.after ?? null,
  });
  const answer: CleanupResponse = { dryRun: request.dryRun, ...done };
  return { status: 200, jsonBody: answer };
}

async function errorFile(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { entity } = parseRequest(ErrorFileQuery, Object.fromEntries(call.query));
  const message = await findInboundMessage(ports, idOf(call));
  const { file, bytes, content } = await openErrorFileOf(ports, message, entity);
  return {
    status: 200,
    headers: {
      "Content-Type": file.contentType,
      "Content-Length": String(bytes),
      "Content-Disposition": attachment(errorFileName(message, file)),
      "Cache-Control": "no-store",
    },
    body: streamedBody(content, call.invocationId),
  };
}

function idOf(call: Call): string {
  return call.params.id ?? "";
}

function stateOf(call: Call): InboundState | null {
  return parseRequest(InboundQuery, Object.fromEntries(call.query)).state ?? null;
}

/** Without what is for us alone: where things are stored, and the book-keeping of attempts. */
function represent(
  message: InboundMessage,
  children: ReadonlyMap<string, readonly InboundMessage[]>,
): Sendable<InboundMessageAnswer> {
  const {
    written: _,
    revision: __,
    importVersion: ___,
    options: ____,
    retentionDays: ______,
    attemptId: _____,
    file,
    result,
    ...facts
  } = message;
  return {
    ...facts,
    fileDeletedAt: message.fileDeletedAt ?? null,
    children: (children.get(message.id) ?? []).map(({ id, state }) => ({ id, state })),
    checkOnly: isCheck(message),
    bytes: file.bytes,
    sha256: file.sha256,
    result: result === null ? null : representResult(message.id, result),
  };
}

function representResult(
  id: string,
  { entities, errors, validateOnly }: NonNullable<InboundMessage["result"]>,
): Sendable<InboundMessageAnswer["result"]> {
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

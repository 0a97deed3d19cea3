import { app, type HttpMethod, type HttpResponseInit } from "@azure/functions";
import type { ConnectorOf } from "../domain/definitions/definitions.ts";
import { usableDefinition } from "../domain/definitions/find-definition.ts";
import { findMessage } from "../domain/deliveries/change-message.ts";
import { cleanUpMessages } from "../domain/deliveries/clean-up-messages.ts";
import type { Message } from "../domain/deliveries/message.ts";
import type { TrackedMessage } from "../domain/deliveries/messages.ts";
import { requeueMessage } from "../domain/deliveries/requeue-message.ts";
import { AppError } from "../domain/errors.ts";
import { Guid } from "../domain/ids.ts";
import { fileName } from "../domain/ledger/ledger-entry.ts";
import type { Ports } from "../domain/ports.ts";
import { CleanupRequest, type CleanupResponse, MessagesQuery } from "./connector-care-api.ts";
import { pageBody, pageRequest } from "./http/page.ts";
import { type Call, parseRequest, type Routes, readJson } from "./http/route.ts";
import type { Sendable } from "./http/sendable.ts";
import type { MessageAnswer } from "./operator-api.ts";

/** The messages of a connector at which files are taken, for operators. */
export function registerConnectorCare(ports: Ports, routes: Routes): void {
  const all = "api/connectors/{activityId}/messages";
  const operator = (
    name: string,
    route: { method: HttpMethod; path: string },
    handle: (ports: Ports, call: Call) => Promise<HttpResponseInit>,
  ) =>
    app.http(name, {
      route: route.path,
      methods: [route.method],
      authLevel: "anonymous",
      handler: routes.operator((call) => handle(ports, call)),
    });

  operator("messages-list", { method: "GET", path: all }, list);
  operator("messages-get", { method: "GET", path: `${all}/{messageId}` }, get);
  operator("messages-requeue", { method: "POST", path: `${all}/{messageId}/requeue` }, requeue);
  operator("messages-cleanup", { method: "POST", path: `${all}/cleanup` }, cleanUp);
}

/** Newest file first. */
async function list(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { activityId } = await exportConnector(ports, call);
  const { state, unfetched, ...narrowed } = parseRequest(MessagesQuery, {
    state: call.query.get("state"),
    unfetched: call.query.get("unfetched"),
    from: call.query.get("from"),
    to: call.query.get("to"),
    externalId: call.query.get("externalid"),
    correlationId: call.query.get("correlationid"),
  });
  const query = {
    ...narrowed,
    unfetched: unfetched === "true",
    states: state,
    ...pageRequest(call),
  };
  const page = await ports.messages.list(activityId, query);
  return { status: 200, jsonBody: pageBody(page, represent) };
}

async function get(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { activityId } = await exportConnector(ports, call);
  const message = await findMessage(ports, { activityId, messageId: messageIdOf(call) }, "show");
  return { status: 200, jsonBody: represent(message) };
}

async function requeue(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { activityId, connector } = await exportConnector(ports, call);
  const ref = { activityId, messageId: messageIdOf(call) };
  await requeueMessage(ports, { ...ref, connector });
  return { status: 200, jsonBody: represent(await findMessage(ports, ref, "show")) };
}

async function cleanUp(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { activityId } = await exportConnector(ports, call);
  const request = parseRequest(CleanupRequest, await readJson(call.request));
  const after = request.after ?? null;
  const done = await cleanUpMessages(ports, { activityId, ...request, after });
  const answer: CleanupResponse = { dryRun: request.dryRun, ...done };
  return { status: 200, jsonBody: answer };
}

async function exportConnector(
  ports: Ports,
  call: Call,
): Promise<{ activityId: string; connector: ConnectorOf<"export"> }> {
  const { id, body } = await usableDefinition(ports, "connectors", call.params.activityId ?? "");
  if (body.direction !== "export") {
    throw new AppError(
      "connector-direction-wrong",
      `Cannot list what waits at connector "${id}": files are handed in there; see /api/connectors/${id}/inbound-messages`,
    );
  }
  return { activityId: id, connector: body };
}

function messageIdOf(call: Call): string {
  return parseRequest(Guid, call.params.messageId);
}

/** Without what is for us alone: the receipt, the place in the queue, where the file is stored. */
function represent(message: TrackedMessage): Sendable<MessageAnswer> {
  const { file, receiptHash: _, position: __, revision: ___, ...facts } = message;
  return { ...facts, file: representFile(message) };
}

function representFile({ file }: Message): Sendable<MessageAnswer["file"]> {
  const { path: _, uri: __, ...facts } = file;
  return { name: fileName(file), ...facts };
}

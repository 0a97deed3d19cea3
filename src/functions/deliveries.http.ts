import { app, type HttpMethod, type HttpResponseInit } from "@azure/functions";
import type { ConnectorOf } from "../domain/definitions/definitions.ts";
import { usableDefinition } from "../domain/definitions/find-definition.ts";
import { findDelivery } from "../domain/deliveries/change-delivery.ts";
import { cleanUpDeliveries } from "../domain/deliveries/clean-up-deliveries.ts";
import type { TrackedDelivery } from "../domain/deliveries/deliveries.ts";
import type { Delivery } from "../domain/deliveries/delivery.ts";
import { requeueDelivery } from "../domain/deliveries/requeue-delivery.ts";
import { AppError } from "../domain/errors.ts";
import { Guid } from "../domain/ids.ts";
import { fileName } from "../domain/ledger/ledger-entry.ts";
import type { Ports } from "../domain/ports.ts";
import { CleanupRequest, type CleanupResponse, DeliveriesQuery } from "./deliveries-api.ts";
import { pageBody, pageRequest } from "./http/page.ts";
import { type Call, parseRequest, type Routes, readJson } from "./http/route.ts";
import type { Sendable } from "./http/sendable.ts";
import type { DeliveryAnswer } from "./operator-api.ts";

/** The deliveries of a connector at which files are taken, for operators. */
export function registerConnectorCare(ports: Ports, routes: Routes): void {
  const all = "api/connectors/{connectorId}/deliveries";
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

  operator("deliveries-list", { method: "GET", path: all }, list);
  operator("deliveries-get", { method: "GET", path: `${all}/{deliveryId}` }, get);
  operator("deliveries-requeue", { method: "POST", path: `${all}/{deliveryId}/requeue` }, requeue);
  operator("deliveries-cleanup", { method: "POST", path: `${all}/cleanup` }, cleanUp);
}

/** Newest file first. */
async function list(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { connectorId } = await exportConnector(ports, call);
  const { state, unfetched, ...narrowed } = parseRequest(DeliveriesQuery, {
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
  const page = await ports.deliveries.list(connectorId, query);
  return { status: 200, jsonBody: pageBody(page, represent) };
}

async function get(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { connectorId } = await exportConnector(ports, call);
  const delivery = await findDelivery(
    ports,
    { connectorId, deliveryId: deliveryIdOf(call) },
    "show",
  );
  return { status: 200, jsonBody: represent(delivery) };
}

async function requeue(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { connectorId, connector } = await exportConnector(ports, call);
  const ref = { connectorId, deliveryId: deliveryIdOf(call) };
  await requeueDelivery(ports, { ...ref, connector });
  return { status: 200, jsonBody: represent(await findDelivery(ports, ref, "show")) };
}

async function cleanUp(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { connectorId } = await exportConnector(ports, call);
  const request = parseRequest(CleanupRequest, await readJson(call.request));
  const after = request.after ?? null;
  const done = await cleanUpDeliveries(ports, { connectorId, ...request, after });
  const answer: CleanupResponse = { dryRun: request.dryRun, ...done };
  return { status: 200, jsonBody: answer };
}

async function exportConnector(
  ports: Ports,
  call: Call,
): Promise<{ connectorId: string; connector: ConnectorOf<"export"> }> {
  const { id, body } = await usableDefinition(ports, "connectors", call.params.connectorId ?? "");
  if (body.direction !== "export") {
    throw new AppError(
      "connector-direction-wrong",
      `Cannot list what waits at connector "${id}": files are handed in there; see /api/connectors/${id}/submissions`,
    );
  }
  return { connectorId: id, connector: body };
}

function deliveryIdOf(call: Call): string {
  return parseRequest(Guid, call.params.deliveryId);
}

/** Without what is for us alone: the receipt, the place in the queue, where the file is stored. */
function represent(delivery: TrackedDelivery): Sendable<DeliveryAnswer> {
  const { file, receiptHash: _, position: __, revision: ___, ...facts } = delivery;
  return { ...facts, file: representFile(delivery) };
}

function representFile({ file }: Delivery): Sendable<DeliveryAnswer["file"]> {
  const { path: _, uri: __, ...facts } = file;
  return { name: fileName(file), ...facts };
}

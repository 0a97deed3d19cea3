import type { HttpResponseInit } from "@azure/functions";
import type { Delivery } from "../domain/deliveries/delivery.ts";
import { peekDeliveries } from "../domain/deliveries/peek-deliveries.ts";
import { rejectDelivery } from "../domain/deliveries/reject-delivery.ts";
import { releaseDelivery } from "../domain/deliveries/release-delivery.ts";
import { renewLease } from "../domain/deliveries/renew-lease.ts";
import { fileName } from "../domain/ledger/ledger-entry.ts";
import type { LogEvent } from "../domain/log-events.ts";
import { addLogFacts } from "../domain/log-facts.ts";
import type { Ports } from "../domain/ports.ts";
import { connectorOf, onEveryPath } from "../functions/http/connector-route.ts";
import { type Call, parseRequest, type Routes, readJson } from "../functions/http/route.ts";
import {
  LeaseRequest,
  type PeekedMessage,
  PeekQuery,
  type PeekResponse,
  RejectRequest,
  ReleaseRequest,
  type RenewResponse,
} from "./connector-api.ts";

/** What clients can do about a lease besides acknowledging it, and a look at what waits. */
export function registerLeases(ports: Ports, routes: Routes): void {
  onEveryPath(
    "renew",
    "POST",
    routes.application((call) => renew(ports, call)),
  );
  onEveryPath(
    "release",
    "POST",
    routes.application((call) => release(ports, call)),
  );
  onEveryPath(
    "reject",
    "POST",
    routes.application((call) => reject(ports, call)),
  );
  onEveryPath(
    "peek",
    "GET",
    routes.application((call) => peek(ports, call)),
  );
}

async function renew(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { connectorId, connector } = await connectorOf(ports, call, "export");
  const { CorrelationId, PopReceipt } = parseRequest(LeaseRequest, await readJson(call.request));
  addLogFacts({ deliveryId: CorrelationId });
  const lease = { connectorId, deliveryId: CorrelationId, receipt: PopReceipt };
  const delivery = await renewLease(ports, { ...lease, connector });
  log(ports, "lease-renewed", { call, delivery });
  const answer: RenewResponse = {
    CorrelationId,
    PopReceipt,
    LeaseEndDateTime: delivery.visibleAt.toISOString(),
  };
  return { status: 200, headers: { "Cache-Control": "no-store" }, jsonBody: answer };
}

async function release(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { connectorId, connector } = await connectorOf(ports, call, "export");
  const { CorrelationId, PopReceipt, DelaySeconds } = parseRequest(
    ReleaseRequest,
    await readJson(call.request),
  );
  addLogFacts({ deliveryId: CorrelationId });
  const lease = { connectorId, deliveryId: CorrelationId, receipt: PopReceipt };
  const delayMs = DelaySeconds * 1_000;
  const delivery = await releaseDelivery(ports, { ...lease, delayMs, connector });
  log(ports, "delivery-released", { call, delivery });
  return { status: 200 };
}

async function reject(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { connectorId } = await connectorOf(ports, call, "export");
  const { CorrelationId, PopReceipt, Reason } = parseRequest(
    RejectRequest,
    await readJson(call.request),
  );
  addLogFacts({ deliveryId: CorrelationId });
  const lease = { connectorId, deliveryId: CorrelationId, receipt: PopReceipt };
  const delivery = await rejectDelivery(ports, { ...lease, reason: Reason });
  log(ports, "delivery-rejected", { call, delivery });
  return { status: 200 };
}

async function peek(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { connectorId, connector } = await connectorOf(ports, call, "export");
  const { max } = parseRequest(PeekQuery, { max: call.query.get("max") });
  const waiting = await peekDeliveries(ports, { connectorId, connector, limit: max });
  const answer: PeekResponse = { value: waiting.map(peeked) };
  return { status: 200, headers: { "Cache-Control": "no-store" }, jsonBody: answer };
}

function peeked({ id, file, lastDequeuedAt, dequeues }: Delivery): PeekedMessage {
  return {
    CorrelationId: id,
    LastDequeueDateTime: lastDequeuedAt?.toISOString() ?? null,
    FileName: fileName(file),
    ContentType: file.contentType,
    ContentEncoding: file.contentEncoding,
    Size: file.bytes,
    Sha256: file.sha256,
    Records: file.records,
    PublishedDateTime: file.publishedAt.toISOString(),
    DequeueCount: dequeues,
  };
}

function log(ports: Ports, event: LogEvent, about: { call: Call; delivery: Delivery }): void {
  const { call, delivery } = about;
  ports.log(event, {
    connectorId: delivery.connectorId,
    deliveryId: delivery.id,
    fileType: delivery.file.fileType,
    sequence: delivery.file.sequence,
    applicationId: call.caller.applicationId,
  });
}

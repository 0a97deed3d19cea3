import type { HttpResponseInit } from "@azure/functions";
import type { Message } from "../domain/deliveries/message.ts";
import { peekMessages } from "../domain/deliveries/peek-messages.ts";
import { rejectMessage } from "../domain/deliveries/reject-message.ts";
import { releaseMessage } from "../domain/deliveries/release-message.ts";
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
  const { activityId, connector } = await connectorOf(ports, call, "export");
  const { CorrelationId, PopReceipt } = parseRequest(LeaseRequest, await readJson(call.request));
  addLogFacts({ messageId: CorrelationId });
  const lease = { activityId, messageId: CorrelationId, receipt: PopReceipt };
  const message = await renewLease(ports, { ...lease, connector });
  log(ports, "lease-renewed", { call, message });
  const answer: RenewResponse = {
    CorrelationId,
    PopReceipt,
    LeaseEndDateTime: message.visibleAt.toISOString(),
  };
  return { status: 200, headers: { "Cache-Control": "no-store" }, jsonBody: answer };
}

async function release(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { activityId, connector } = await connectorOf(ports, call, "export");
  const { CorrelationId, PopReceipt, DelaySeconds } = parseRequest(
    ReleaseRequest,
    await readJson(call.request),
  );
  addLogFacts({ messageId: CorrelationId });
  const lease = { activityId, messageId: CorrelationId, receipt: PopReceipt };
  const delayMs = DelaySeconds * 1_000;
  const message = await releaseMessage(ports, { ...lease, delayMs, connector });
  log(ports, "message-released", { call, message });
  return { status: 200 };
}

async function reject(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { activityId } = await connectorOf(ports, call, "export");
  const { CorrelationId, PopReceipt, Reason } = parseRequest(
    RejectRequest,
    await readJson(call.request),
  );
  addLogFacts({ messageId: CorrelationId });
  const lease = { activityId, messageId: CorrelationId, receipt: PopReceipt };
  const message = await rejectMessage(ports, { ...lease, reason: Reason });
  log(ports, "message-rejected", { call, message });
  return { status: 200 };
}

async function peek(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { activityId, connector } = await connectorOf(ports, call, "export");
  const { max } = parseRequest(PeekQuery, { max: call.query.get("max") });
  const waiting = await peekMessages(ports, { activityId, connector, limit: max });
  const answer: PeekResponse = { value: waiting.map(peeked) };
  return { status: 200, headers: { "Cache-Control": "no-store" }, jsonBody: answer };
}

function peeked({ id, file, lastDequeuedAt, dequeues }: Message): PeekedMessage {
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

function log(ports: Ports, event: LogEvent, about: { call: Call; message: Message }): void {
  const { call, message } = about;
  ports.log(event, {
    activityId: message.activityId,
    messageId: message.id,
    fileType: message.file.fileType,
    sequence: message.file.sequence,
    applicationId: call.caller.applicationId,
  });
}

import type { HttpResponseInit } from "@azure/functions";
import type { ConnectorOf } from "../domain/definitions/definitions.ts";
import { acknowledgeDelivery } from "../domain/deliveries/acknowledge-delivery.ts";
import { type Dequeued, dequeueDeliveries } from "../domain/deliveries/dequeue-deliveries.ts";
import { releaseDelivery } from "../domain/deliveries/release-delivery.ts";
import { fileName } from "../domain/ledger/ledger-entry.ts";
import { addLogFacts } from "../domain/log-facts.ts";
import type { Ports } from "../domain/ports.ts";
import { connectorOf, onEveryPath } from "../functions/http/connector-route.ts";
import { readLenientJson } from "../functions/http/lenient-json.ts";
import { type LongPoll, makeLongPoll } from "../functions/http/long-poll.ts";
import { whenClientGone } from "../functions/http/open-responses.ts";
import { preferredWaitSeconds } from "../functions/http/prefer.ts";
import { type Call, parseRequest, type Routes } from "../functions/http/route.ts";
import {
  AckRequest,
  type DequeueManyResponse,
  DequeueQuery,
  type DequeueResponse,
} from "./connector-api.ts";

/**
 * The pull side of the connector API, wire-compatible with Dynamics 365's recurring integrations. What goes beyond
 * them answers only those who ask for it.
 *
 * @see https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/recurring-integrations
 */
export function registerConnectors(ports: Ports, routes: Routes, publicBaseUrl: string): void {
  const longPoll = makeLongPoll();
  onEveryPath(
    "dequeue",
    "GET",
    routes.application((call) => dequeue(ports, call, { publicBaseUrl, longPoll })),
  );
  onEveryPath(
    "ack",
    "POST",
    routes.application((call) => acknowledge(ports, call)),
  );
}

async function dequeue(
  ports: Ports,
  call: Call,
  options: { publicBaseUrl: string; longPoll: LongPoll },
): Promise<HttpResponseInit> {
  const { connectorId, connector } = await connectorOf(ports, call, "export");
  const { max } = parseRequest(DequeueQuery, { max: call.query.get("max") });
  const waitSeconds = preferredWaitSeconds(call.request.headers.get("prefer"));
  const gone = whenClientGone(call.invocationId);
  const { answer, waited } = await options.longPoll(
    async () => {
      const taken = await dequeueDeliveries(ports, { connectorId, connector, max: max ?? 1 });
      return taken.length === 0 ? null : taken;
    },
    { ms: waitSeconds * 1_000, gone },
  );
  const headers = {
    "Cache-Control": "no-store",
    ...(waited ? { "Preference-Applied": `wait=${waitSeconds}` } : {}),
  };
  if (answer === null || gone.aborted) {
    await giveBack(ports, connector, answer ?? []);
    return { status: 204, headers };
  }
  for (const { delivery } of answer) {
    logDequeued(ports, call, delivery);
  }
  const messages = answer.map((taken) => dequeueResponse(taken, options.publicBaseUrl));
  const several: DequeueManyResponse = { value: messages };
  return { status: 200, headers, jsonBody: max === undefined ? messages[0] : several };
}

/** What was taken for a client that has gone need not wait until its lease ends. */
async function giveBack(
  ports: Ports,
  connector: ConnectorOf<"export">,
  taken: readonly Dequeued[],
): Promise<void> {
  for (const { delivery, receipt } of taken) {
    const { connectorId, id: deliveryId } = delivery;
    await releaseDelivery(ports, { connectorId, deliveryId, receipt, delayMs: 0, connector });
  }
}

function logDequeued(ports: Ports, call: Call, delivery: Dequeued["delivery"]): void {
  ports.log("delivery-dequeued", {
    connectorId: delivery.connectorId,
    deliveryId: delivery.id,
    fileType: delivery.file.fileType,
    sequence: delivery.file.sequence,
    applicationId: call.caller.applicationId,
  });
}

function dequeueResponse(taken: Dequeued, publicBaseUrl: string): DequeueResponse {
  const { delivery, receipt, previouslyAt } = taken;
  const query = new URLSearchParams({ "correlation-id": delivery.id, blob: delivery.file.fileId });
  return {
    CorrelationId: delivery.id,
    PopReceipt: receipt,
    DownloadLocation: `${publicBaseUrl}/api/connector/download/${delivery.connectorId}?${query}`,
    IsDownLoadFileExist: true,
    FileDownLoadErrorMessage: null,
    LastDequeueDateTime: previouslyAt?.toISOString() ?? null,
    FileName: fileName(delivery.file),
    ContentType: delivery.file.contentType,
    ContentEncoding: delivery.file.contentEncoding,
    Size: delivery.file.bytes,
    Sha256: delivery.file.sha256,
    Records: delivery.file.records,
  };
}

async function acknowledge(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { connectorId, connector } = await connectorOf(ports, call, "export");
  const members = await readLenientJson(call.request, "CorrelationId");
  const ack = parseRequest(AckRequest, {
    CorrelationId: members.get("correlationid"),
    PopReceipt: members.get("popreceipt"),
  });
  addLogFacts({ deliveryId: ack.CorrelationId });
  const delivery = await acknowledgeDelivery(ports, {
    connectorId,
    deliveryId: ack.CorrelationId,
    receipt: ack.PopReceipt ?? null,
    connector,
  });
  ports.log(delivery.unfetched === true ? "delivery-acked-unfetched" : "delivery-acked", {
    connectorId,
    deliveryId: delivery.id,
    fileType: delivery.file.fileType,
    sequence: delivery.file.sequence,
    applicationId: call.caller.applicationId,
  });
  return { status: 200 };
}

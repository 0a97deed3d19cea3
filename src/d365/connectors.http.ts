import type { HttpResponseInit } from "@azure/functions";
import type { ConnectorOf } from "../domain/definitions/definitions.ts";
import { acknowledgeMessage } from "../domain/deliveries/acknowledge-message.ts";
import { type Dequeued, dequeueMessages } from "../domain/deliveries/dequeue-message.ts";
import { releaseMessage } from "../domain/deliveries/release-message.ts";
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
  const { activityId, connector } = await connectorOf(ports, call, "export");
  const { max } = parseRequest(DequeueQuery, { max: call.query.get("max") });
  const waitSeconds = preferredWaitSeconds(call.request.headers.get("prefer"));
  const gone = whenClientGone(call.invocationId);
  const { answer, waited } = await options.longPoll(
    async () => {
      const taken = await dequeueMessages(ports, { activityId, connector, max: max ?? 1 });
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
  for (const { message } of answer) {
    logDequeued(ports, call, message);
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
  for (const { message, receipt } of taken) {
    const { activityId, id: messageId } = message;
    await releaseMessage(ports, { activityId, messageId, receipt, delayMs: 0, connector });
  }
}

function logDequeued(ports: Ports, call: Call, message: Dequeued["message"]): void {
  ports.log("message-dequeued", {
    activityId: message.activityId,
    messageId: message.id,
    fileType: message.file.fileType,
    sequence: message.file.sequence,
    applicationId: call.caller.applicationId,
  });
}

function dequeueResponse(taken: Dequeued, publicBaseUrl: string): DequeueResponse {
  const { message, receipt, previouslyAt } = taken;
  const query = new URLSearchParams({ "correlation-id": message.id, blob: message.file.fileId });
  return {
    CorrelationId: message.id,
    PopReceipt: receipt,
    DownloadLocation: `${publicBaseUrl}/api/connector/download/${message.activityId}?${query}`,
    IsDownLoadFileExist: true,
    FileDownLoadErrorMessage: null,
    LastDequeueDateTime: previouslyAt?.toISOString() ?? null,
    FileName: fileName(message.file),
    ContentType: message.file.contentType,
    ContentEncoding: message.file.contentEncoding,
    Size: message.file.bytes,
    Sha256: message.file.sha256,
    Records: message.file.records,
  };
}

async function acknowledge(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { activityId, connector } = await connectorOf(ports, call, "export");
  const members = await readLenientJson(call.request, "CorrelationId");
  const ack = parseRequest(AckRequest, {
    CorrelationId: members.get("correlationid"),
    PopReceipt: members.get("popreceipt"),
  });
  addLogFacts({ messageId: ack.CorrelationId });
  const message = await acknowledgeMessage(ports, {
    activityId,
    messageId: ack.CorrelationId,
    receipt: ack.PopReceipt ?? null,
    connector,
  });
  ports.log(message.unfetched === true ? "message-acked-unfetched" : "message-acked", {
    activityId,
    messageId: message.id,
    fileType: message.file.fileType,
    sequence: message.file.sequence,
    applicationId: call.caller.applicationId,
  });
  return { status: 200 };
}

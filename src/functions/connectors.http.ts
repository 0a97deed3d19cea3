import type { HttpResponseInit } from "@azure/functions";
import { AckRequest, type DequeueResponse } from "../contracts/connector-api.ts";
import { Guid } from "../contracts/ids.ts";
import { acknowledgeMessage } from "../domain/connectors/acknowledge-message.ts";
import { type Dequeued, dequeueMessage } from "../domain/connectors/dequeue-message.ts";
import { downloadFile } from "../domain/connectors/download-file.ts";
import type { Ports } from "../domain/ports.ts";
import { fileName } from "../domain/publishing/ledger-entry.ts";
import { connectorOf, onEveryPath } from "../http/connector-route.ts";
import { type Call, parseRequest, type Routes, readJson } from "../http/route.ts";
import { streamedBody } from "../http/streamed-body.ts";

/**
 * The pull side of the connector API, wire-compatible with Dynamics 365's recurring integrations.
 *
 * @see https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/recurring-integrations
 */
export function registerConnectors(ports: Ports, routes: Routes, publicBaseUrl: string): void {
  onEveryPath(
    "dequeue",
    "GET",
    routes.application((call) => dequeue(ports, call, publicBaseUrl)),
  );
  onEveryPath(
    "download",
    "GET",
    routes.application((call) => download(ports, call)),
  );
  onEveryPath(
    "ack",
    "POST",
    routes.application((call) => acknowledge(ports, call)),
  );
}

async function dequeue(ports: Ports, call: Call, publicBaseUrl: string): Promise<HttpResponseInit> {
  const { activityId, connector } = await connectorOf(ports, call, "export");
  const taken = await dequeueMessage(ports, { activityId, connector });
  if (taken === null) {
    return { status: 204 };
  }
  ports.log("message-dequeued", {
    activityId,
    messageId: taken.message.id,
    fileType: taken.message.file.fileType,
    sequence: taken.message.file.sequence,
    applicationId: call.caller.applicationId,
  });
  return {
    status: 200,
    headers: { "Cache-Control": "no-store" },
    jsonBody: dequeueResponse(taken, publicBaseUrl),
  };
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

async function download(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { activityId } = await connectorOf(ports, call, "export");
  const messageId = parseRequest(Guid, call.query.get("correlation-id"));
  const fileId = call.query.get("blob") ?? null;
  const { message, bytes, content } = await downloadFile(ports, { activityId, messageId, fileId });
  const { file } = message;
  ports.log("file-downloading", {
    activityId,
    messageId,
    fileType: file.fileType,
    sequence: file.sequence,
  });
  return {
    status: 200,
    headers: {
      // never Content-Encoding: clients that unpack by themselves would not get the announced bytes
      "Content-Type": file.contentEncoding === "gzip" ? "application/gzip" : file.contentType,
      "Content-Length": String(bytes),
      "Content-Disposition": `attachment; filename="${fileName(file)}"`,
      "Cache-Control": "no-store",
    },
    body: streamedBody(content, call.invocationId),
  };
}

async function acknowledge(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { activityId } = await connectorOf(ports, call, "export");
  const ack = parseRequest(AckRequest, await readJson(call.request));
  const message = await acknowledgeMessage(ports, {
    activityId,
    messageId: ack.CorrelationId,
    receipt: ack.PopReceipt ?? null,
  });
  ports.log("message-acked", {
    activityId,
    messageId: message.id,
    fileType: message.file.fileType,
    sequence: message.file.sequence,
    applicationId: call.caller.applicationId,
  });
  return { status: 200 };
}

import type { HttpResponseInit } from "@azure/functions";
import type { Delivery } from "../domain/deliveries/delivery.ts";
import { downloadFile, findDeliveryOfFile, openFile } from "../domain/deliveries/download-file.ts";
import type { ByteRange } from "../domain/files.ts";
import { Guid } from "../domain/ids.ts";
import { fileName } from "../domain/ledger/ledger-entry.ts";
import type { LogEvent, LogFacts } from "../domain/log-events.ts";
import { addLogFacts } from "../domain/log-facts.ts";
import type { Ports } from "../domain/ports.ts";
import { connectorOf, onEveryPath, onEveryPrefix } from "../functions/http/connector-route.ts";
import { attachment } from "../functions/http/content-disposition.ts";
import { entityTag, reprDigest } from "../functions/http/digest.ts";
import { selectPart } from "../functions/http/ranges.ts";
import { type Call, parseRequest, type Routes } from "../functions/http/route.ts";
import { streamedBody } from "../functions/http/streamed-body.ts";

/**
 * The files of the connector API: whole, in part, or only what is to be known about them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14 (ranges)
 */
export function registerDownload(ports: Ports, routes: Routes): void {
  onEveryPath(
    "download",
    "GET",
    routes.application((call) => download(ports, call)),
  );
  onEveryPrefix("connector-download-head", {
    path: "api/connector/download/{activityId}",
    method: "HEAD",
    handler: routes.application((call) => download(ports, call)),
  });
}

async function download(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { connectorId } = await connectorOf(ports, call, "export");
  const deliveryId = parseRequest(Guid, call.query.get("correlation-id"));
  addLogFacts({ deliveryId });
  const fileId = call.query.get("blob") ?? null;
  const delivery = await findDeliveryOfFile(ports, { connectorId, deliveryId, fileId });
  const { bytes, sha256 } = delivery.file;
  const selection = selectPart(call.request, { etag: entityTag(sha256), bytes });
  const range = selection.kind === "part" ? selection.range : null;
  if (selection.kind === "whole" || selection.kind === "part") {
    return call.request.method === "HEAD"
      ? describeFile(ports, delivery)
      : sendFile(ports, call, { delivery, range });
  }
  await openFile(ports, { delivery, range });
  const { status, headers } = WITHOUT_CONTENT[selection.kind];
  return { status, headers: { ...versionHeaders(delivery), ...headers(bytes) } };
}

const WITHOUT_CONTENT = {
  "not-modified": { status: 304, headers: () => ({}) },
  "other-version": { status: 412, headers: () => ({}) },
  unsatisfiable: {
    status: 416,
    headers: (bytes: number) => ({ "Content-Range": `bytes */${bytes}` }),
  },
} as const;

async function describeFile(ports: Ports, delivery: Delivery): Promise<HttpResponseInit> {
  const { bytes } = await openFile(ports, { delivery, range: null });
  return {
    status: 200,
    headers: { ...fileHeaders(delivery), "Content-Length": String(bytes) },
  };
}

async function sendFile(
  ports: Ports,
  call: Call,
  part: { delivery: Delivery; range: ByteRange | null },
): Promise<HttpResponseInit> {
  const { delivery, range } = part;
  const { bytes, content } = await downloadFile(ports, part);
  const say = (event: LogEvent) => ports.log(event, factsOf(call, part));
  say("file-downloading");
  const { from, to } = range ?? { from: 0, to: bytes };
  return {
    status: range === null ? 200 : 206,
    headers: {
      ...fileHeaders(delivery),
      ...(range === null ? {} : { "Content-Range": `bytes ${from}-${to - 1}/${bytes}` }),
      "Content-Length": String(to - from),
    },
    body: streamedBody(tellingItsEnd(content, say), call.invocationId),
  };
}

/** The content; says in the log when somebody took all of it, and when not. */
async function* tellingItsEnd(
  content: AsyncIterable<Uint8Array>,
  say: (event: LogEvent) => void,
): AsyncGenerator<Uint8Array> {
  let isWhole = false;
  try {
    yield* content;
    isWhole = true;
  } finally {
    say(isWhole ? "file-downloaded" : "download-broken-off");
  }
}

/** The invocation too: it has ended by the time the last byte is taken. */
function factsOf(
  { caller, invocationId }: Call,
  { delivery, range }: { delivery: Delivery; range: ByteRange | null },
): LogFacts {
  return {
    invocationId,
    applicationId: caller.applicationId,
    connectorId: delivery.connectorId,
    deliveryId: delivery.id,
    fileType: delivery.file.fileType,
    sequence: delivery.file.sequence,
    from: range?.from,
    to: range?.to,
  };
}

function fileHeaders(delivery: Delivery): Record<string, string> {
  const { file } = delivery;
  return {
    ...versionHeaders(delivery),
    // never Content-Encoding: clients that unpack by themselves would not get the announced bytes
    "Content-Type": file.contentEncoding === "gzip" ? "application/gzip" : file.contentType,
    "Content-Disposition": attachment(fileName(file)),
  };
}

function versionHeaders({ file }: Delivery): Record<string, string> {
  return {
    ETag: entityTag(file.sha256),
    "Accept-Ranges": "bytes",
    "Repr-Digest": reprDigest(file.sha256),
    "Cache-Control": "no-store",
  };
}

import type { HttpResponseInit } from "@azure/functions";
import { downloadFile, findMessageOfFile, openFile } from "../domain/deliveries/download-file.ts";
import type { Message } from "../domain/deliveries/message.ts";
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
  const { activityId } = await connectorOf(ports, call, "export");
  const messageId = parseRequest(Guid, call.query.get("correlation-id"));
  addLogFacts({ messageId });
  const fileId = call.query.get("blob") ?? null;
  const message = await findMessageOfFile(ports, { activityId, messageId, fileId });
  const { bytes, sha256 } = message.file;
  const selection = selectPart(call.request, { etag: entityTag(sha256), bytes });
  const range = selection.kind === "part" ? selection.range : null;
  if (selection.kind === "whole" || selection.kind === "part") {
    return call.request.method === "HEAD"
      ? describeFile(ports, message)
      : sendFile(ports, call, { message, range });
  }
  await openFile(ports, { message, range });
  const { status, headers } = WITHOUT_CONTENT[selection.kind];
  return { status, headers: { ...versionHeaders(message), ...headers(bytes) } };
}

const WITHOUT_CONTENT = {
  "not-modified": { status: 304, headers: () => ({}) },
  "other-version": { status: 412, headers: () => ({}) },
  unsatisfiable: {
    status: 416,
    headers: (bytes: number) => ({ "Content-Range": `bytes */${bytes}` }),
  },
} as const;

async function describeFile(ports: Ports, message: Message): Promise<HttpResponseInit> {
  const { bytes } = await openFile(ports, { message, range: null });
  return {
    status: 200,
    headers: { ...fileHeaders(message), "Content-Length": String(bytes) },
  };
}

async function sendFile(
  ports: Ports,
  call: Call,
  part: { message: Message; range: ByteRange | null },
): Promise<HttpResponseInit> {
  const { message, range } = part;
  const { bytes, content } = await downloadFile(ports, part);
  const say = (event: LogEvent) => ports.log(event, factsOf(call, part));
  say("file-downloading");
  const { from, to } = range ?? { from: 0, to: bytes };
  return {
    status: range === null ? 200 : 206,
    headers: {
      ...fileHeaders(message),
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
  { message, range }: { message: Message; range: ByteRange | null },
): LogFacts {
  return {
    invocationId,
    applicationId: caller.applicationId,
    activityId: message.activityId,
    messageId: message.id,
    fileType: message.file.fileType,
    sequence: message.file.sequence,
    from: range?.from,
    to: range?.to,
  };
}

function fileHeaders(message: Message): Record<string, string> {
  const { file } = message;
  return {
    ...versionHeaders(message),
    // never Content-Encoding: clients that unpack by themselves would not get the announced bytes
    "Content-Type": file.contentEncoding === "gzip" ? "application/gzip" : file.contentType,
    "Content-Disposition": attachment(fileName(file)),
  };
}

function versionHeaders({ file }: Message): Record<string, string> {
  return {
    ETag: entityTag(file.sha256),
    "Accept-Ranges": "bytes",
    "Repr-Digest": reprDigest(file.sha256),
    "Cache-Control": "no-store",
  };
}

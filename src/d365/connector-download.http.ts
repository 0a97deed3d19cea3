import type { z } from "zod";
import type { Delivery } from "../domain/deliveries/delivery.ts";
import { downloadFile, findDeliveryOfFile, openFile } from "../domain/deliveries/download-file.ts";
import type { ByteRange } from "../domain/files.ts";
import { fileName } from "../domain/ledger/ledger-entry.ts";
import type { LogEvent, LogFacts } from "../domain/log-events.ts";
import { addLogFacts } from "../domain/log-facts.ts";
import type { Ports } from "../domain/ports.ts";
import { attachment } from "../functions/http/content-disposition.ts";
import { entityTag, reprDigest } from "../functions/http/digest.ts";
import { type Call, door } from "../functions/http/door.ts";
import { type Selection, selectPart } from "../functions/http/ranges.ts";
import { streamedBody } from "../functions/http/streamed-body.ts";
import { DownloadQuery } from "./connector-api.ts";
import { atConnector, CONNECTOR_REFUSALS, type OpenConnector } from "./connector-door.ts";

const VERSION_HEADERS = {
  ETag: "Strong: the same tag means the same bytes.",
  "Repr-Digest": "SHA-256 of the whole file, also where a part is sent (RFC 9530).",
  "Accept-Ranges": "`bytes`.",
} as const;

const FILE_HEADERS = {
  ...VERSION_HEADERS,
  "Content-Length": "Bytes of the body.",
  "Content-Disposition": "The file name (RFC 6266).",
} as const;

const CONDITIONS = {
  "If-Match": "Entity tags; 412 unless the file has one of them.",
  "If-None-Match": "Entity tags; 304 if the file has one of them.",
} as const;

const DOWNLOAD = {
  ...atConnector("download", "export"),
  description: "Byte for byte what was published, never with a Content-Encoding.",
  query: DownloadQuery,
  refusals: {
    ...CONNECTOR_REFUSALS,
    404: "There is no such connector, it is another application's, there is no such message at it, or its file is deleted.",
  },
} as const;

const UNCHANGED = {
  304: { description: "The file is the one that `If-None-Match` names.", headers: VERSION_HEADERS },
  412: { description: "The file is not the one that `If-Match` names.", headers: VERSION_HEADERS },
} as const;

/**
 * The files of the connector API: whole, in part, or only what is to be known about them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14 (ranges)
 */
export const DOWNLOAD_DOORS = [
  door({
    ...DOWNLOAD,
    method: "get",
    summary: "Fetch a file",
    headers: {
      ...CONDITIONS,
      Range: "`bytes=1000-`, one range; of several the whole file is the answer.",
      "If-Range": "An entity tag; the whole file is sent unless the file has it.",
    },
    answers: {
      200: { description: "The file.", bytes: true, headers: FILE_HEADERS },
      206: {
        description: "The part.",
        bytes: true,
        headers: {
          ...FILE_HEADERS,
          "Content-Range": "Which bytes of how many, e.g. `bytes 0-99/1234`.",
        },
      },
      ...UNCHANGED,
      416: {
        description: "The range lies behind the end of the file.",
        headers: { ...VERSION_HEADERS, "Content-Range": "The size of the file: `bytes */1234`." },
      },
    },
    handle: async (ports, call) => {
      const { delivery, selection } = await askedFile(ports, call);
      if (selection.kind === "unsatisfiable") {
        const headers = await versionOfKept(ports, delivery);
        const { bytes } = delivery.file;
        return { status: 416, headers: { ...headers, "Content-Range": `bytes */${bytes}` } };
      }
      if (selection.kind === "whole" || selection.kind === "part") {
        const range = selection.kind === "part" ? selection.range : null;
        return sendFile(ports, call, { delivery, range });
      }
      return {
        status: UNCHANGED_STATUS[selection.kind],
        headers: await versionOfKept(ports, delivery),
      };
    },
  }),
  door({
    ...DOWNLOAD,
    id: "connector-download-head",
    method: "head",
    summary: "Learn about a file without fetching it",
    headers: CONDITIONS,
    answers: { 200: { description: "There is such a file.", headers: FILE_HEADERS }, ...UNCHANGED },
    handle: async (ports, call) => {
      const { delivery, selection } = await askedFile(ports, call);
      if (selection.kind === "not-modified" || selection.kind === "other-version") {
        return {
          status: UNCHANGED_STATUS[selection.kind],
          headers: await versionOfKept(ports, delivery),
        };
      }
      const { bytes } = await openFile(ports, { delivery, range: null });
      return {
        status: 200,
        headers: { ...fileHeaders(delivery), "Content-Length": String(bytes) },
      };
    },
  }),
];

const UNCHANGED_STATUS = { "not-modified": 304, "other-version": 412 } as const;

type DownloadCall = Call<
  "activityId",
  z.output<typeof DownloadQuery>,
  undefined,
  OpenConnector<"export">
>;

async function askedFile(
  ports: Ports,
  call: DownloadCall,
): Promise<{ delivery: Delivery; selection: Selection }> {
  const { "correlation-id": deliveryId, blob: fileId = null } = call.query;
  addLogFacts({ deliveryId });
  const { connectorId } = call.subject;
  const delivery = await findDeliveryOfFile(ports, { queueId: connectorId, deliveryId, fileId });
  const { bytes, sha256 } = delivery.file;
  return { delivery, selection: selectPart(call, { etag: entityTag(sha256), bytes }) };
}

/** @throws AppError when the file is no longer kept */
async function versionOfKept(ports: Ports, delivery: Delivery): Promise<Record<string, string>> {
  await openFile(ports, { delivery, range: null });
  return versionHeaders(delivery);
}

async function sendFile(
  ports: Ports,
  call: DownloadCall,
  part: { delivery: Delivery; range: ByteRange | null },
) {
  const { delivery, range } = part;
  const { bytes, content } = await downloadFile(ports, part);
  const say = (event: LogEvent) => ports.log(event, factsOf(call, part));
  say("file-downloading");
  const { from, to } = range ?? { from: 0, to: bytes };
  return {
    status: range === null ? (200 as const) : (206 as const),
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
  { caller, invocationId }: DownloadCall,
  { delivery, range }: { delivery: Delivery; range: ByteRange | null },
): LogFacts {
  return {
    invocationId,
    applicationId: caller.applicationId,
    connectorId: delivery.queueId,
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

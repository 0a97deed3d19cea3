import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import type { ConnectorOf } from "../domain/definitions/definitions.ts";
import { AppError, isAppError } from "../domain/errors.ts";
import type { Ports } from "../domain/ports.ts";
import { type Received, receiveFile } from "../domain/submissions/receive-file.ts";
import { openUpload, receiveUpload } from "../domain/submissions/receive-upload.ts";
import { tooLarge } from "../domain/submissions/received-body.ts";
import { limitedBytes } from "../domain/values/limited-bytes.ts";
import { namedCharset } from "../domain/values/named-charset.ts";
import { connectorOf, onEveryPath } from "../functions/http/connector-route.ts";
import { whenAnswered } from "../functions/http/open-responses.ts";
import { repetitionHeader } from "../functions/http/repetition-header.ts";
import {
  contentLength,
  headerText,
  isChunked,
  requestBody,
} from "../functions/http/request-body.ts";
import { type Call, parseRequest, type Routes } from "../functions/http/route.ts";
import { type EnterUpload, inRoom, withRoom } from "../functions/http/upload-share.ts";
import { EnqueueQuery, type UploadResponse } from "./connector-api.ts";

interface Limits {
  readonly enterUpload: EnterUpload;
  /** Of a file that comes as the body of a request. */
  readonly maxBodyBytes: number;
}

/**
 * The hand-in side of the connector API, wire-compatible with Dynamics 365's recurring integrations.
 *
 * @see https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/recurring-integrations
 */
export function registerEnqueue(ports: Ports, routes: Routes, limits: Limits): void {
  onEveryPath(
    "enqueue",
    "POST",
    routes.application((call) => enqueue(ports, call, limits)),
  );
  onEveryPath(
    "upload",
    "POST",
    routes.application((call) => upload(ports, call)),
  );
}

async function enqueue(
  ports: Ports,
  call: Call,
  { enterUpload, maxBodyBytes }: Limits,
): Promise<HttpResponseInit> {
  const { connectorId, connector } = await connectorOf(ports, call, "import");
  const query = parseRequest(EnqueueQuery, Object.fromEntries(call.query));
  const input = {
    connectorId,
    connector,
    applicationId: call.caller.applicationId,
    entity: query.entity,
    company: query.company,
    charset: charsetOf(call.request, connector),
    externalId: headerText(call.request, "x-ms-dyn-externalidentifier"),
    parentId: query.parent,
  };
  const enter = () => enterUpload(input.applicationId);
  const uploadId = query.upload;
  const received =
    uploadId === null
      ? await receiveBody(
          call,
          { connectorBytes: connector.maxBytes, bodyBytes: maxBodyBytes },
          (body) => receiveFile(ports, input, withRoom(enter, body)),
        )
      : await inRoom(enter, () => receiveUpload(ports, input, uploadId));
  return {
    status: 200,
    headers: {
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      ...repetitionHeader(received),
    },
    // clients take the whole body for the id, and strip nothing but the quotes
    body: JSON.stringify(received.submission.id),
  };
}

/** A package has no charset, whatever the request says of it. */
function charsetOf(
  request: HttpRequest,
  { content }: Pick<ConnectorOf<"import">, "content">,
): string | null {
  return content === "package" ? null : namedCharset(request.headers.get("content-type"));
}

async function receiveBody(
  { request, invocationId }: Call,
  limits: { connectorBytes: number; bodyBytes: number },
  receive: (body: AsyncIterable<Uint8Array>) => Promise<Received>,
): Promise<Received> {
  const length = contentLength(request) ?? 0;
  if (length > limits.connectorBytes) {
    throw tooLarge(limits.connectorBytes);
  }
  if (length > limits.bodyBytes) {
    throw bodyTooLarge(limits.bodyBytes);
  }
  try {
    const body = requestBody(request, { answered: whenAnswered(invocationId) });
    return await receive(limitedBytes(limits.bodyBytes, body, bodyTooLarge));
  } catch (error) {
    if (isAppError(error, "file-empty") && isChunked(request)) {
      throw new AppError(
        "file-empty",
        "Cannot take the file: the body came in chunks, and not a byte of it arrived; unless it was empty, the platform did not pass it on: send it with a Content-Length",
        { cause: error },
      );
    }
    throw error;
  }
}

function bodyTooLarge(maxBytes: number): AppError {
  return new AppError(
    "file-too-large",
    `Cannot take the file: the body of a request has at most ${maxBytes} bytes here; ask for an upload address (POST /api/connector/upload/{activityId}), put the file there, and enqueue it with ?upload=<uploadId>`,
  );
}

async function upload(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { connectorId } = await connectorOf(ports, call, "import");
  const { uploadUrl, uploadId, expiresAt } = await openUpload(ports, connectorId);
  ports.log("upload-opened", { connectorId, uploadId, applicationId: call.caller.applicationId });
  const answer: UploadResponse = { uploadUrl, uploadId, expiresAt: expiresAt.toISOString() };
  return { status: 200, headers: { "Cache-Control": "no-store" }, jsonBody: answer };
}

import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import { EnqueueQuery, type UploadResponse } from "../contracts/connector-api.ts";
import { AppError, isAppError } from "../domain/errors.ts";
import { type Accepted, acceptFile } from "../domain/imports/accept-file.ts";
import { acceptUpload, openUpload } from "../domain/imports/accept-upload.ts";
import { tooLarge } from "../domain/imports/received-body.ts";
import type { Ports } from "../domain/ports.ts";
import { connectorOf, onEveryPath } from "../http/connector-route.ts";
import { contentLength, headerText, isChunked, requestBody } from "../http/request-body.ts";
import { type Call, parseRequest, type Routes } from "../http/route.ts";
import { type EnterUpload, inRoom, withRoom } from "../http/upload-share.ts";

/**
 * The hand-in side of the connector API, wire-compatible with Dynamics 365's recurring integrations.
 *
 * @see https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/recurring-integrations
 */
export function registerEnqueue(ports: Ports, routes: Routes, enterUpload: EnterUpload): void {
  onEveryPath(
    "enqueue",
    "POST",
    routes.application((call) => enqueue(ports, call, enterUpload)),
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
  enterUpload: EnterUpload,
): Promise<HttpResponseInit> {
  const { activityId, connector } = await connectorOf(ports, call, "import");
  const query = parseRequest(EnqueueQuery, Object.fromEntries(call.query));
  const input = {
    activityId,
    connector,
    applicationId: call.caller.applicationId,
    entity: query.entity,
    company: query.company,
    externalId: headerText(call.request, "x-ms-dyn-externalidentifier"),
    parentId: query.parent,
  };
  const enter = () => enterUpload(input.applicationId);
  const uploadId = query.upload;
  const accepted =
    uploadId === null
      ? await acceptBody(call.request, connector.maxBytes, (body) =>
          acceptFile(ports, input, withRoom(enter, body)),
        )
      : await inRoom(enter, () => acceptUpload(ports, input, uploadId));
  return {
    status: 200,
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
    // clients take the whole body for the id, and strip nothing but the quotes
    body: JSON.stringify(accepted.message.id),
  };
}

async function acceptBody(
  request: HttpRequest,
  maxBytes: number,
  accept: (body: AsyncIterable<Uint8Array>) => Promise<Accepted>,
): Promise<Accepted> {
  if ((contentLength(request) ?? 0) > maxBytes) {
    throw tooLarge(maxBytes);
  }
  try {
    return await accept(requestBody(request));
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

async function upload(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { activityId } = await connectorOf(ports, call, "import");
  const { uploadUrl, uploadId, expiresAt } = await openUpload(ports, activityId);
  ports.log("upload-opened", { activityId, uploadId, applicationId: call.caller.applicationId });
  const answer: UploadResponse = { uploadUrl, uploadId, expiresAt: expiresAt.toISOString() };
  return { status: 200, headers: { "Cache-Control": "no-store" }, jsonBody: answer };
}

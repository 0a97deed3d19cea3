import { z } from "zod";
import type { ConnectorOf } from "../domain/definitions/definitions.ts";
import { AppError, isAppError } from "../domain/errors.ts";
import { type Received, receiveFile } from "../domain/submissions/receive-file.ts";
import { openUpload, receiveUpload } from "../domain/submissions/receive-upload.ts";
import { tooLarge } from "../domain/submissions/received-body.ts";
import { limitedBytes } from "../domain/values/limited-bytes.ts";
import { namedCharset } from "../domain/values/named-charset.ts";
import { FILE, type FileBody } from "../functions/http/body.ts";
import { type Call, door } from "../functions/http/door.ts";
import { headerText } from "../functions/http/header-text.ts";
import { REPETITION_HEADER, repetitionHeader } from "../functions/http/repetition-header.ts";
import { inRoom, withRoom } from "../functions/http/upload-share.ts";
import { EnqueueQuery, UploadResponse } from "./connector-api.ts";
import { atConnector, CONNECTOR_REFUSALS } from "./connector-door.ts";

/**
 * The receiving side of the connector API, wire-compatible with Dynamics 365's recurring integrations.
 *
 * @see https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/recurring-integrations
 */
export const ENQUEUE_DOORS = [
  door({
    ...atConnector("enqueue", "import"),
    method: "post",
    summary: "Send a file",
    description:
      "Whether it is one entity's file or a data package says the connector, never the request. A request with the external id, query and content of the last one is a repetition of it under three conditions. It comes soon (`deduplicationSeconds` of the connector), the last one has neither failed nor ended with errors, and no partner has asked for its state since. A repetition is answered with the same message id, and imports nothing. Everything else is a new message. A charset in the Content-Type of a file, or of the `PUT` of an upload, goes before the encoding of the import. The bytes are kept as they come. Unknown query parameters are ignored.",
    query: EnqueueQuery,
    headers: {
      "x-ms-dyn-externalidentifier":
        "The partner's name for the file, in ASCII: percent-encoded UTF-8 (`%C3%9C`) where it has other characters. It is decoded.",
    },
    body: FILE,
    answers: {
      200: {
        description: "Id of the message, in quotes.",
        json: z.string(),
        optionalHeaders: REPETITION_HEADER,
      },
    },
    refusals: {
      ...CONNECTOR_REFUSALS,
      400: "The request cannot be read, the file is empty or broke off, or the connector is one at which files are taken.",
      404: "There is no such connector, it is another application's, or there is no such upload or parent message at it.",
      409: "The partner's own execution id is taken.",
      413: "The file is larger than the connector takes, or than the body of a request may be: put it at an upload address.",
      422: "The file is not what the connector takes.",
    },
    handle: async (ports, { caller: { applicationId }, subject, query, headers, body }) => {
      const { connector } = subject;
      const input = {
        ...subject,
        applicationId,
        entity: query.entity,
        company: query.company,
        charset: charsetOf(headers, connector),
        externalId: headerText(headers, "x-ms-dyn-externalidentifier"),
        parentId: query.parent,
      };
      const enter = () => ports.enterUpload(applicationId);
      const { upload: uploadId } = query;
      const limits = { connectorBytes: connector.maxBytes, bodyBytes: ports.site.maxBodyBytes };
      const received =
        uploadId === null
          ? await receiveBody(body, limits, (content) =>
              receiveFile(ports, input, withRoom(enter, content)),
            )
          : await inRoom(enter, () => receiveUpload(ports, input, uploadId));
      return {
        status: 200,
        headers: { "Cache-Control": "no-store", ...repetitionHeader(received) },
        // clients take the whole body for the id, and strip nothing but the quotes
        json: received.submission.id,
      };
    },
  }),
  door({
    ...atConnector("upload", "import"),
    method: "post",
    summary: "Get an address to put a large file at",
    description:
      "For files that are larger than the body of a request may be. The file goes straight to storage; then `enqueue` with `?upload=` sends it.",
    answers: { 200: { description: "The address.", json: UploadResponse } },
    handle: async (ports, { caller: { applicationId }, subject: { connectorId } }) => {
      const upload = await openUpload(ports, connectorId);
      ports.log("upload-opened", { connectorId, uploadId: upload.uploadId, applicationId });
      return { status: 200, headers: { "Cache-Control": "no-store" }, json: upload };
    },
  }),
];

/** A package has no charset, whatever the request says of it. */
function charsetOf(
  headers: Call["headers"],
  { content }: Pick<ConnectorOf<"import">, "content">,
): string | null {
  return content === "package" ? null : namedCharset(headers.get("content-type"));
}

async function receiveBody(
  { bytes, isChunked, content }: FileBody,
  limits: { connectorBytes: number; bodyBytes: number },
  receive: (body: AsyncIterable<Uint8Array>) => Promise<Received>,
): Promise<Received> {
  const length = bytes ?? 0;
  if (length > limits.connectorBytes) {
    throw tooLarge(limits.connectorBytes);
  }
  if (length > limits.bodyBytes) {
    throw bodyTooLarge(limits.bodyBytes);
  }
  try {
    return await receive(limitedBytes(limits.bodyBytes, content, bodyTooLarge));
  } catch (error) {
    if (isAppError(error, "file-empty") && isChunked) {
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

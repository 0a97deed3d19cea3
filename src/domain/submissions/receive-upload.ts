import { AppError } from "../errors.ts";
import type { FilePath } from "../files.ts";
import type { Ports } from "../ports.ts";
import { namedCharset } from "../values/named-charset.ts";
import {
  type IncomingFile,
  type Received,
  type ReceivePorts,
  receiveOnce,
  type Wanted,
  wantedOf,
} from "./receive-file.ts";
import { tooLarge } from "./received-body.ts";
import { noteRepetition, type RequestName } from "./repetition.ts";

const UPLOAD_MS = 60 * 60_000;

export interface Upload {
  readonly uploadId: string;
  /** For one PUT with `x-ms-blob-type: BlockBlob`, or in blocks. */
  readonly uploadUrl: string;
  readonly expiresAt: Date;
}

/**
 * Gives a partner an address for uploading one file without the app, for files that are too large for one request. The
 * file is not received before {@link receiveUpload}.
 */
export async function openUpload(
  ports: Pick<Ports, "files" | "clock" | "ids">,
  connectorId: string,
): Promise<Upload> {
  const uploadId = ports.ids.guid();
  const expiresAt = new Date(ports.clock.now().getTime() + UPLOAD_MS);
  const uploadUrl = await ports.files.writeUrl(uploadPath(connectorId, uploadId), expiresAt);
  return { uploadId, uploadUrl, expiresAt };
}

/**
 * Receives an uploaded file. The file is copied and deleted, because the partner can write to its address as long as
 * the address is valid. An upload is one file. If it is sent again by the same query, `repetition.ts` decides. New
 * content at the address is another file.
 *
 * The content type of the upload's `PUT` counts, like that of a body.
 *
 * @throws AppError `upload-not-found`, `media-type-unsupported`, and the errors of `receiveFile`
 */
export async function receiveUpload(
  ports: ReceivePorts,
  input: IncomingFile,
  uploadId: string,
): Promise<Received> {
  const { connectorId, connector } = input;
  const wanted = { ...input, ...(await wantedOf(ports, input)) };
  const name = uploadName(uploadId, wanted);
  const path = uploadPath(connectorId, uploadId);
  const upload = await ports.files.read(path);
  if (upload === null) {
    return receivedBefore(ports, wanted, { uploadId, name });
  }
  if (upload.bytes > connector.maxBytes) {
    throw tooLarge(connector.maxBytes);
  }
  const charset = connector.content === "package" ? null : namedCharset(upload.contentType);
  const incoming = { ...wanted, charset };
  const received = await receiveOnce(ports, incoming, { body: upload.content, names: [name] });
  await ports.files.delete(path);
  return received;
}

function uploadName(uploadId: string, { entity, company, parentId }: Wanted): RequestName {
  return {
    key: `upload:${JSON.stringify([uploadId, entity, company, parentId])}`,
    seconds: null,
  };
}

/**
 * A missing upload was received before. Its partner gets that answer once, whatever the end of the import: there is nothing
 * left to import again.
 */
async function receivedBefore(
  ports: Pick<Ports, "submissions" | "clock" | "log">,
  { connectorId, applicationId }: IncomingFile,
  { uploadId, name }: { uploadId: string; name: RequestName },
): Promise<Received> {
  const submission = await ports.submissions.findClaim(connectorId, name.key, ports.clock.now());
  const askedAt = submission === null ? null : (await ports.submissions.heard(submission)).askedAt;
  if (submission === null || askedAt !== null) {
    throw new AppError(
      "upload-not-found",
      `Cannot take upload "${uploadId}": nothing is uploaded under this id at this connector${
        submission === null
          ? ""
          : `, for it was received as submission "${submission.id}"; upload the file anew to send it again`
      }`,
    );
  }
  await noteRepetition(ports, submission, applicationId);
  return { submission, isNew: false };
}

function uploadPath(connectorId: string, uploadId: string): FilePath {
  return { container: "uploads", name: `${connectorId}/${uploadId}` };
}

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
 * Gives a partner an address to write one file to, past the app, for files that are large for one request. The file is
 * not handed in before {@link receiveUpload}.
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
 * Hands in what was uploaded. The file is copied, since its address lets the partner write to it for as long as it
 * lives, and deleted: an upload is one file. Handed in again, by the same query, it is a repetition as `repetition.ts`
 * says; what was put at the address anew is another file.
 *
 * What the `PUT` of the upload named as its content type counts, as it does of a body.
 *
 * @throws AppError `upload-not-found`, `media-type-unsupported`, and what `receiveFile` throws
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
 * An upload that is gone was handed in. Unless its partner knows that, it is told, however the import has ended: there
 * is nothing here that could be imported again.
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
          : `, for it was handed in as submission "${submission.id}"; upload the file anew to hand it in again`
      }`,
    );
  }
  await noteRepetition(ports, submission, applicationId);
  return { submission, isNew: false };
}

function uploadPath(connectorId: string, uploadId: string): FilePath {
  return { container: "uploads", name: `${connectorId}/${uploadId}` };
}

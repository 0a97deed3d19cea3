import { AppError } from "../errors.ts";
import type { FilePath, Ports } from "../ports.ts";
import { type Accepted, type AcceptPorts, acceptContent, type HandIn } from "./accept-file.ts";
import { tooLarge } from "./received-body.ts";

const UPLOAD_MS = 60 * 60_000;

export interface Upload {
  readonly uploadId: string;
  /** For one PUT with `x-ms-blob-type: BlockBlob`, or in blocks. */
  readonly uploadUrl: string;
  readonly expiresAt: Date;
}

/**
 * Gives a partner an address to write one file to, past the app, for files that are large for one request. The file is
 * not handed in before {@link acceptUpload}.
 */
export async function openUpload(
  ports: Pick<Ports, "files" | "clock" | "ids">,
  activityId: string,
): Promise<Upload> {
  const uploadId = ports.ids.guid();
  const expiresAt = new Date(ports.clock.now().getTime() + UPLOAD_MS);
  const uploadUrl = await ports.files.writeUrl(uploadPath(activityId, uploadId), expiresAt);
  return { uploadId, uploadUrl, expiresAt };
}

/**
 * Hands in what was uploaded. The file is copied, since its address lets the partner write to it for as long as it
 * lives. An upload is handed in once: again leads to the same message.
 *
 * @throws AppError `upload-not-found`, and what `acceptFile` throws
 */
export async function acceptUpload(
  ports: AcceptPorts,
  input: HandIn,
  uploadId: string,
): Promise<Accepted> {
  const { activityId, connector } = input;
  const claim = { key: `upload:${uploadId}`, until: null };
  const path = uploadPath(activityId, uploadId);
  const earlier = await ports.inbox.findClaim(activityId, claim.key, ports.clock.now());
  if (earlier !== null) {
    await ports.files.delete(path);
    return { message: earlier, isNew: false };
  }
  const upload = await ports.files.read(path);
  if (upload === null) {
    throw new AppError(
      "upload-not-found",
      `Cannot take upload "${uploadId}": nothing was uploaded under this id at this connector`,
    );
  }
  if (upload.bytes > connector.maxBytes) {
    throw tooLarge(connector.maxBytes);
  }
  const accepted = await acceptContent(ports, input, { body: upload.content, claims: [claim] });
  await ports.files.delete(path);
  return accepted;
}

function uploadPath(activityId: string, uploadId: string): FilePath {
  return { container: "uploads", name: `${activityId}/${uploadId}` };
}

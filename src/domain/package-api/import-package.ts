import type { ImportRequest, WriteUrl } from "../../contracts/package-api.ts";
import { requireKnownApplication } from "../definitions/require-known-application.ts";
import { AppError } from "../errors.ts";
import { type AcceptPorts, acceptContent, type HandIn } from "../imports/accept-file.ts";
import type { InboundMessage } from "../imports/inbound-message.ts";
import { tooLarge } from "../imports/received-body.ts";
import type { Claim, FilePath, Ports } from "../ports.ts";
import { findImportGroup } from "./definition-groups.ts";
import { partnersId } from "./find-execution.ts";

const WRITE_MS = 60 * 60_000;

/**
 * Gives an application an address to write one data package to, for an hour. Whatever name it has in mind for the file:
 * known clients send the same for all, so the path is ours.
 *
 * @throws AppError `application-unknown`
 */
export async function openPackageUpload(
  ports: Pick<Ports, "definitions" | "files" | "clock" | "ids">,
  applicationId: string,
): Promise<WriteUrl> {
  await requireKnownApplication(ports, applicationId);
  const id = ports.ids.guid();
  const expiresAt = new Date(ports.clock.now().getTime() + WRITE_MS);
  const url = await ports.files.writeUrl(uploadPath(applicationId, id), expiresAt);
  return { BlobId: `{${id.toUpperCase()}}`, BlobUrl: url };
}

/**
 * Hands in a package that the application has written to an address of {@link openPackageUpload}. It is copied, since
 * the address lets the partner write for as long as it lives; the upload itself is left to retention, because a client
 * may import it again under another execution id.
 *
 * The same upload under the same execution id is one import, because clients repeat what they got no answer to.
 *
 * @returns the execution id, the client's own if it gave one
 * @throws AppError `execution-not-supported`, `definition-not-found`, `upload-not-found`, `execution-id-taken`,
 *   `application-unknown`, and what `acceptFile` throws
 */
export async function importPackage(
  ports: AcceptPorts,
  { applicationId, request }: { applicationId: string; request: ImportRequest },
): Promise<string> {
  if (!request.execute) {
    throw new AppError(
      "execution-not-supported",
      'Cannot take the package without importing it: send "execute": true',
    );
  }
  const group = await findImportGroup(ports, { applicationId, ...request });
  const { executionId } = request;
  const uploadId = uploadIdOf(ports, applicationId, request.packageUrl);
  const claim: Claim = { key: `package:${uploadId}:${executionId}`, until: null };
  const handIn: HandIn = {
    ...group,
    applicationId,
    entity: null,
    company: request.legalEntityId || null,
    externalId: null,
    parentId: null,
    clientExecutionId: executionId || null,
  };
  const message =
    (await ports.inbox.findClaim(group.activityId, claim.key, ports.clock.now())) ??
    (await acceptUpload(ports, handIn, { path: uploadPath(applicationId, uploadId), claim }));
  return partnersId({ kind: "import", message });
}

async function acceptUpload(
  ports: AcceptPorts,
  input: HandIn,
  { path, claim }: { path: FilePath; claim: Claim },
): Promise<InboundMessage> {
  const upload = await ports.files.read(path);
  if (upload === null) {
    throw uploadNotFound();
  }
  if (upload.bytes > input.connector.maxBytes) {
    throw tooLarge(input.connector.maxBytes);
  }
  const { message, isNew } = await acceptContent(ports, input, {
    body: upload.content,
    claims: [claim],
  });
  const { activityId, clientExecutionId } = input;
  const holder = isNew
    ? message
    : await ports.inbox.findClaim(activityId, claim.key, ports.clock.now());
  if (holder?.id !== message.id) {
    // it must not look as if this package was imported
    throw new AppError(
      "execution-id-taken",
      `Cannot import under execution id "${clientExecutionId}": another package was imported under it; choose a new one, such as a GUID`,
    );
  }
  return message;
}

/**
 * The upload that an address leads to. Nothing is ever fetched from the address: it must be, letter by letter, where an
 * upload of this application lies in our own storage.
 *
 * @throws AppError `upload-not-found`
 */
function uploadIdOf(ports: Pick<Ports, "files">, applicationId: string, address: string): string {
  const [withoutToken = ""] = address.split("?", 1);
  const id = withoutToken.split("/").at(-1) ?? "";
  if (!GUID_REGEXP.test(id) || withoutToken !== ports.files.uri(uploadPath(applicationId, id))) {
    throw uploadNotFound();
  }
  return id;
}

const GUID_REGEXP = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function uploadPath(applicationId: string, id: string): FilePath {
  return { container: "uploads", name: `applications/${applicationId}/${id}` };
}

function uploadNotFound(): AppError {
  return new AppError(
    "upload-not-found",
    "Cannot import the package: nothing was uploaded to this address, or it is none that GetAzureWriteUrl gave to this application",
  );
}

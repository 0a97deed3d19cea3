import type { ConnectorOf } from "../../contracts/definitions.ts";
import type { ImportRequest, WriteUrl } from "../../contracts/package-api.ts";
import { requireKnownApplication } from "../definitions/require-known-application.ts";
import { AppError } from "../errors.ts";
import {
  type AcceptPorts,
  acceptContent,
  type HandIn,
  importOf,
  storeInboundFile,
} from "../imports/accept-file.ts";
import { companyAtDoor } from "../imports/company-at-door.ts";
import { type ImportOptions, isCheck } from "../imports/import-options.ts";
import { askedAgain, type InboundMessage } from "../imports/inbound-message.ts";
import type { Claim } from "../imports/inbox.ts";
import { tooLarge } from "../imports/received-body.ts";
import { sendNowOrLater } from "../imports/send-owed-imports.ts";
import type { FilePath, Ports } from "../ports.ts";
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
 * Hands in a package that the application has written to an address of {@link openPackageUpload}, to be imported or to
 * be checked alone. It is copied, since the address lets the partner write for as long as it lives; the upload itself
 * is left to retention, because a client may import it again under another execution id.
 *
 * What an execution id stands for is decided by the first request with it, and clients repeat what they got no answer
 * to:
 *
 * | the id was        | same upload, `execute`      | same upload, without | another upload                         |
 * |-------------------|-----------------------------|----------------------|----------------------------------------|
 * | never given       | imported                    | checked              |                                        |
 * | checked alone     | imported, from here on      | nothing new          | takes the place, with `overwrite` alone |
 * | imported, or is being | nothing new             | nothing new          | refused                                |
 *
 * Without an execution id the same upload is the same import.
 *
 * @returns the execution id, the client's own if it gave one
 * @throws AppError `definition-not-found`, `upload-not-found`, `execution-id-taken`, `application-unknown`, and what
 *   `acceptFile` throws
 */
export async function importPackage(
  ports: AcceptPorts,
  { applicationId, request }: { applicationId: string; request: ImportRequest },
): Promise<string> {
  const group = await findImportGroup(ports, { applicationId, ...request });
  const { executionId, execute, failOnError, overwrite } = request;
  const uploadId = uploadIdOf(ports, applicationId, request.packageUrl);
  const options: ImportOptions = { execute, failOnError, uploadId };
  const handIn: PackageHandIn = {
    ...group,
    applicationId,
    entity: null,
    company: await companyOf(ports, group.connector, request),
    externalId: null,
    parentId: null,
    clientExecutionId: executionId || null,
    options,
  };
  for (;;) {
    const known = await knownImport(ports, handIn);
    const message =
      known === null
        ? await handInNew(ports, handIn)
        : await handInAgain(ports, handIn, { known, overwrite });
    // otherwise somebody else was faster, and what is known is another thing by now
    if (message !== null) {
      return executionId || partnersId({ kind: "import", message });
    }
  }
}

/** @throws AppError `request-invalid` */
async function companyOf(
  ports: Pick<Ports, "definitions">,
  connector: ConnectorOf<"import">,
  { legalEntityId }: ImportRequest,
): Promise<string | null> {
  return companyAtDoor(legalEntityId || null, connector, await importOf(ports, connector));
}

interface PackageHandIn extends HandIn {
  readonly clientExecutionId: string | null;
  readonly options: ImportOptions;
}

/** What the execution id stands for; without one, what the upload was handed in as. */
async function knownImport(
  ports: Pick<Ports, "inbox" | "clock">,
  { activityId, clientExecutionId, options }: PackageHandIn,
): Promise<InboundMessage | null> {
  if (clientExecutionId === null) {
    return ports.inbox.findClaim(activityId, claimOf(options).key, ports.clock.now());
  }
  return ports.inbox.findAt(activityId, clientExecutionId);
}

function claimOf({ uploadId }: ImportOptions): Claim {
  return { key: `package:${uploadId}`, until: null };
}

/** @returns null when it turns out to be known */
async function handInNew(
  ports: AcceptPorts,
  handIn: PackageHandIn,
): Promise<InboundMessage | null> {
  const { message, isNew } = await acceptContent(ports, handIn, {
    body: await uploadedContent(ports, handIn),
    claims: handIn.clientExecutionId === null ? [claimOf(handIn.options)] : [],
  });
  return isNew ? message : null;
}

/** @returns null when the message was changed meanwhile */
async function handInAgain(
  ports: AcceptPorts,
  handIn: PackageHandIn,
  { known, overwrite }: { known: InboundMessage; overwrite: boolean },
): Promise<InboundMessage | null> {
  const { options, company, applicationId } = handIn;
  const isSame = known.options?.uploadId === options.uploadId;
  if (isSame && !(options.execute && isCheck(known))) {
    return known;
  }
  if (!isSame && !(overwrite && isCheck(known) && known.applicationId === applicationId)) {
    throw executionIdTaken(handIn, known);
  }
  const file = isSame
    ? known.file
    : await storeInboundFile(ports, handIn, {
        body: await uploadedContent(ports, handIn),
        messageId: known.id,
      });
  const again = askedAgain(known, { options, company, file, now: ports.clock.now() });
  if (!(await ports.inbox.replace(known, again))) {
    await (isSame ? undefined : ports.files.delete(file.path));
    return null;
  }
  ports.log("package-asked-again", {
    ...{ activityId: known.activityId, messageId: known.id, applicationId },
    ...{ execute: options.execute, isSame },
  });
  await sendNowOrLater(ports, again);
  return again;
}

/** It must not look as if this package was imported. */
function executionIdTaken({ clientExecutionId }: PackageHandIn, known: InboundMessage): AppError {
  const why = isCheck(known)
    ? 'another package was checked under it, which only its application can replace, with "overwrite": true'
    : "another package was imported under it";
  return new AppError(
    "execution-id-taken",
    `Cannot import under execution id "${clientExecutionId}": ${why}; choose a new one, such as a GUID`,
  );
}

/** @throws AppError `upload-not-found`, `file-too-large` */
async function uploadedContent(
  ports: Pick<Ports, "files">,
  { applicationId, connector, options }: PackageHandIn,
): Promise<AsyncIterable<Uint8Array>> {
  const upload = await ports.files.read(uploadPath(applicationId, options.uploadId));
  if (upload === null) {
    throw uploadNotFound();
  }
  if (upload.bytes > connector.maxBytes) {
    throw tooLarge(connector.maxBytes);
  }
  return upload.content;
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

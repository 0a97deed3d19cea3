import { createHash } from "node:crypto";
import { requireKnownApplication } from "../../domain/definitions/require-known-application.ts";
import { AppError } from "../../domain/errors.ts";
import type { FilePath } from "../../domain/files.ts";
import { type ImportOptions, isCheck } from "../../domain/imports/import-options.ts";
import { sendImportNowOrLater } from "../../domain/imports/send-owed-imports.ts";
import type { Ports } from "../../domain/ports.ts";
import {
  type IncomingFile,
  type Received,
  type ReceivePorts,
  receiveContent,
  receiveOnce,
  storeReceivedFile,
  type Wanted,
  wantedOf,
} from "../../domain/submissions/receive-file.ts";
import { tooLarge } from "../../domain/submissions/received-body.ts";
import {
  hasFailed,
  noteRepetition,
  type RequestName,
} from "../../domain/submissions/repetition.ts";
import { askedAgain, type Submission, toRunAgain } from "../../domain/submissions/submission.ts";
import { GUID_REGEXP } from "../../domain/values/guid.ts";
import { findImportGroup } from "./definition-groups.ts";
import { partnersId } from "./find-execution.ts";
import type { ImportRequest, WriteUrl } from "./package-api.ts";

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
 * Receives a package that the application has written to an address of {@link openPackageUpload}, to be imported or to
 * be checked alone. It is copied, since the partner can write as long as the address is valid. The upload itself is
 * left to retention, because a client may import it again under another execution id.
 *
 * The first request with an execution id decides its meaning. Clients repeat requests without an answer:
 *
 * | the id was            | same upload, `execute`  | same upload, without | another upload, company or content      |
 * |-----------------------|-------------------------|----------------------|-----------------------------------------|
 * | never given           | imported                | checked              |                                         |
 * | checked alone         | imported, from here on  | a repetition         | takes the place, with `overwrite` alone |
 * | imported, or is being | a repetition            | a repetition         | refused                                 |
 * | failed, or with errors | run again              | checked again, if it was checked alone | as above              |
 *
 * Without an execution id the general rule holds (`repetition.ts`).
 *
 * @returns the execution id, the client's own if it gave one
 * @throws AppError `definition-not-found`, `upload-not-found`, `execution-id-taken`, `application-unknown`, and what
 *   `receiveFile` throws
 */
export async function importPackage(
  ports: ReceivePorts,
  { applicationId, request }: { applicationId: string; request: ImportRequest },
): Promise<{ readonly executionId: string } & Received> {
  const group = await findImportGroup(ports, { applicationId, ...request });
  const { executionId, execute, failOnError, overwrite } = request;
  const uploadId = uploadIdOf(ports, applicationId, request.packageUrl);
  const input = {
    ...group,
    applicationId,
    entity: null,
    company: request.legalEntityId || null,
    externalId: null,
    parentId: null,
    clientExecutionId: executionId || null,
    options: { execute, failOnError, uploadId },
  };
  const incoming: IncomingPackage = { ...input, ...(await wantedOf(ports, input)) };
  const received =
    incoming.clientExecutionId === null
      ? await receiveNameless(ports, incoming)
      : await receiveNamed(ports, incoming, { overwrite, id: incoming.clientExecutionId });
  return {
    ...received,
    executionId: executionId || partnersId({ kind: "import", submission: received.submission }),
  };
}

interface IncomingPackage extends IncomingFile, Wanted {
  readonly clientExecutionId: string | null;
  readonly options: ImportOptions;
}

async function receiveNameless(ports: ReceivePorts, incoming: IncomingPackage): Promise<Received> {
  const { content } = await requireUpload(ports, incoming);
  return receiveOnce(ports, incoming, { body: content, names: namesOf(incoming) });
}

function namesOf({ connector, company, options }: IncomingPackage): readonly RequestName[] {
  const { deduplicationSeconds: seconds } = connector;
  const { uploadId, execute, failOnError } = options;
  const key = `package:${JSON.stringify([uploadId, company, execute, failOnError])}`;
  return seconds === 0 ? [] : [{ key, seconds }];
}

async function receiveNamed(
  ports: ReceivePorts,
  incoming: IncomingPackage,
  { overwrite, id }: { overwrite: boolean; id: string },
): Promise<Received> {
  for (;;) {
    const known = await ports.submissions.findAt(incoming.connectorId, id);
    const received =
      known === null
        ? await receiveContent(ports, incoming, {
            body: (await requireUpload(ports, incoming)).content,
            names: [],
          })
        : await receiveAgain(ports, incoming, { known, overwrite });
    // otherwise somebody else was faster, and what is known is another thing by now
    if (received !== null && (received.isNew || known !== null)) {
      return received;
    }
  }
}

/** @returns null when the submission was changed meanwhile */
async function receiveAgain(
  ports: ReceivePorts,
  incoming: IncomingPackage,
  { known, overwrite }: { known: Submission; overwrite: boolean },
): Promise<Received | null> {
  const { options, applicationId } = incoming;
  const isSame = await isSamePackage(ports, incoming, known);
  const isExecuted = options.execute && isCheck(known);
  if (isSame && !isExecuted && !isRunAgain(incoming, known)) {
    await noteRepetition(ports, known, applicationId);
    return { submission: known, isNew: false };
  }
  if (!isSame && !(overwrite && isCheck(known) && known.applicationId === applicationId)) {
    throw executionIdTaken(incoming, known);
  }
  const again = await runAgain(ports, incoming, { known, isSame });
  // C2
  if (!(await ports.submissions.replace(known, again))) {
    await (isSame ? undefined : ports.files.delete(again.file.path));
    return null;
  }
  ports.log("package-asked-again", {
    ...{ connectorId: known.connectorId, submissionId: known.id, applicationId },
    ...{ execute: options.execute, isSame },
  });
  await sendImportNowOrLater(ports, again);
  return { submission: again, isNew: true };
}

/** A failed import is asked for again to be run again; a request to check never takes an import back. */
function isRunAgain({ options }: IncomingPackage, known: Submission): boolean {
  return hasFailed(known) && options.execute === !isCheck(known);
}

async function runAgain(
  ports: ReceivePorts,
  incoming: IncomingPackage,
  { known, isSame }: { known: Submission; isSame: boolean },
): Promise<Submission> {
  const now = ports.clock.now();
  if (!isCheck(known)) {
    return toRunAgain(known, { executionId: ports.ids.timeOrderedGuid(now), now });
  }
  const { options, company } = incoming;
  const file = isSame
    ? known.file
    : await storeReceivedFile(ports, incoming, {
        body: (await requireUpload(ports, incoming)).content,
        submissionId: known.id,
      });
  return askedAgain(known, { options, company, file, now });
}

/** Whether this is what the execution id was given for. The address of an upload lets its content be changed. */
async function isSamePackage(
  ports: Pick<Ports, "files">,
  incoming: IncomingPackage,
  known: Submission,
): Promise<boolean> {
  const isSameRequest =
    known.options?.uploadId === incoming.options.uploadId &&
    (isCheck(known) || known.company === incoming.company);
  const upload = isSameRequest ? await ports.files.read(pathOf(incoming)) : null;
  return upload === null ? isSameRequest : hasContent(upload, known.file);
}

async function hasContent(
  upload: { bytes: number; content: AsyncIterable<Uint8Array> },
  file: { bytes: number; sha256: string },
): Promise<boolean> {
  const hash = createHash("sha256");
  if (upload.bytes === file.bytes) {
    for await (const chunk of upload.content) {
      hash.update(chunk);
    }
  }
  return hash.digest("hex") === file.sha256;
}

/** It must not look as if this package was imported. */
function executionIdTaken({ clientExecutionId }: IncomingPackage, known: Submission): AppError {
  const why = isCheck(known)
    ? 'another package was checked under it, which only its application can replace, with "overwrite": true'
    : "another package was imported under it";
  return new AppError(
    "execution-id-taken",
    `Cannot import under execution id "${clientExecutionId}": ${why}; choose a new one, such as a GUID`,
  );
}

/** @throws AppError `upload-not-found`, `file-too-large` */
async function requireUpload(
  ports: Pick<Ports, "files">,
  incoming: IncomingPackage,
): Promise<{ content: AsyncIterable<Uint8Array> }> {
  const upload = await ports.files.read(pathOf(incoming));
  if (upload === null) {
    throw uploadNotFound();
  }
  if (upload.bytes > incoming.connector.maxBytes) {
    throw tooLarge(incoming.connector.maxBytes);
  }
  return upload;
}

function pathOf({ applicationId, options }: IncomingPackage): FilePath {
  return uploadPath(applicationId, options.uploadId);
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

function uploadPath(applicationId: string, id: string): FilePath {
  return { container: "uploads", name: `applications/${applicationId}/${id}` };
}

function uploadNotFound(): AppError {
  return new AppError(
    "upload-not-found",
    "Cannot import the package: nothing was uploaded to this address, or it is none that GetAzureWriteUrl gave to this application",
  );
}

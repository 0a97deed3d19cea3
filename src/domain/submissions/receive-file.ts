import type { Charset } from "../../formats/text/charset.ts";
import type { ConnectorOf } from "../definitions/definitions.ts";
import { AppError, isAppError } from "../errors.ts";
import type { FilePath } from "../files.ts";
import type { ImportDefinition } from "../imports/import-definition.ts";
import type { ImportOptions } from "../imports/import-options.ts";
import { sendImportNowOrLater } from "../imports/send-owed-imports.ts";
import type { Ports } from "../ports.ts";
import { companyAtDoor } from "./company-at-door.ts";
import { receivedBody } from "./received-body.ts";
import {
  externalName,
  noteAsked,
  noteRepetition,
  type RequestName,
  repetitionClaim,
} from "./repetition.ts";
import { received, type Submission } from "./submission.ts";
import type { ReceivedFile } from "./submission-files.ts";
import type { Claim } from "./submissions.ts";

export type ReceivePorts = Pick<
  Ports,
  "definitions" | "files" | "submissions" | "runQueue" | "clock" | "ids" | "log"
>;

/** A file that a partner sends to a connector. */
export interface IncomingFile {
  readonly connectorId: string;
  readonly connector: ConnectorOf<"import">;
  readonly applicationId: string;
  /** Entity of a single file. It may be left out if the import has only one entity. */
  readonly entity: string | null;
  readonly company: string | null;
  /** The partner's name for the file. */
  readonly externalId: string | null;
  /** Submission whose mended bad rows are in this file. */
  readonly parentId: string | null;
  /** The partner's own name for the execution. One name has one submission. */
  readonly clientExecutionId?: string | null;
  readonly options?: ImportOptions;
  /** Charset that the request names; ignored for a package. */
  readonly charset?: Charset | null;
}

/** Target of a submission, resolved. */
export type Wanted = Pick<Submission, "entity" | "company" | "parentId">;

export interface Received {
  readonly submission: Submission;
  /** False for a repetition: the submission is that of the earlier request, and nothing else happens. */
  readonly isNew: boolean;
}

/**
 * Receives a file: stores it while counting and hashing, puts a submission at the connector, and sends its run.
 *
 * Once the submission is stored the file is never lost. Its run is owed from that moment, and a tick sends it if this
 * process does not. After an earlier crash there is a blob without a submission, and a partner without an answer.
 *
 * `repetition.ts` says which request repeats an earlier one. The transaction that stores the submission decides it, so
 * that of two simultaneous requests one is new.
 *
 * @param body is taken as fast as it is stored
 * @throws AppError `definition-not-found`, `request-invalid`, `submission-not-found` (the parent), `file-empty`,
 *   `file-too-large`, `content-wrong`
 */
export async function receiveFile(
  ports: ReceivePorts,
  input: IncomingFile,
  body: AsyncIterable<Uint8Array>,
): Promise<Received> {
  const wanted = await wantedOf(ports, input);
  return receiveOnce(ports, { ...input, ...wanted }, { body, names: [] });
}

/** {@link receiveContent}, and notes a repetition. */
export async function receiveOnce(
  ports: ReceivePorts,
  input: IncomingFile & Wanted,
  content: { body: AsyncIterable<Uint8Array>; names: readonly RequestName[] },
): Promise<Received> {
  const received = await receiveContent(ports, input, content);
  if (!received.isNew) {
    await noteRepetition(ports, received.submission, input.applicationId);
  }
  return received;
}

/**
 * Stores received content, with its submission.
 *
 * @param content.names names that distinguish the request, besides its external id
 */
export async function receiveContent(
  ports: ReceivePorts,
  input: IncomingFile & Wanted,
  { body, names }: { body: AsyncIterable<Uint8Array>; names: readonly RequestName[] },
): Promise<Received> {
  const { connectorId, connector } = input;
  const receivedAt = ports.clock.now();
  const id = ports.ids.timeOrderedGuid(receivedAt);
  const file = await storeReceivedFile(ports, input, { body, submissionId: id });
  const arrived = received({
    connectorId,
    id,
    receivedAt,
    file,
    entity: input.entity,
    clientExecutionId: input.clientExecutionId ?? null,
    importId: connector.import,
    content: connector.content,
    externalId: input.externalId,
    company: input.company,
    parentId: input.parentId,
    applicationId: input.applicationId,
    options: input.options,
    retentionDays: connector.retentionDays,
  });
  // storing a large file takes a while; the run has not been waiting for that time
  const submission = { ...arrived, touchedAt: ports.clock.now() };
  const claims = [...names, ...externalName(connector, submission)].map((name) =>
    repetitionClaim(name, submission),
  );
  const stored = await insert(ports, submission, { ordered: connector.ordered, claims });
  if (stored.id !== id) {
    await ports.files.delete(file.path);
    return { submission: stored, isNew: false };
  }
  ports.log("file-received", {
    connectorId,
    submissionId: id,
    importId: connector.import,
    bytes: file.bytes,
    applicationId: input.applicationId,
  });
  await sendImportNowOrLater(ports, stored);
  return { submission: stored, isNew: true };
}

/**
 * Resolves the target of a submission.
 *
 * @throws AppError `definition-not-found`, `request-invalid`, `submission-not-found` (the parent)
 */
export async function wantedOf(
  ports: Pick<Ports, "definitions" | "submissions" | "clock">,
  input: IncomingFile,
): Promise<Wanted> {
  const definition = await importOf(ports, input.connector);
  return {
    entity: entityOf(definition, input),
    company: companyAtDoor(input.company, input.connector, definition),
    parentId: await parentOf(ports, input),
  };
}

/** @throws AppError `definition-not-found` */
export async function importOf(
  ports: Pick<Ports, "definitions">,
  connector: ConnectorOf<"import">,
): Promise<ImportDefinition> {
  const definition = await ports.definitions.find("imports", connector.import);
  if (definition === null) {
    throw new AppError(
      "definition-not-found",
      `Cannot take the file: the connector's import "${connector.import}" does not exist; ask the operator`,
    );
  }
  return definition.body;
}

/** @throws AppError `request-invalid` when the entity is not clear */
function entityOf(
  { entities }: ImportDefinition,
  { connector, entity }: IncomingFile,
): string | null {
  if (connector.content === "package") {
    return null;
  }
  const wanted = entity?.trim().toLowerCase();
  const found =
    wanted === undefined
      ? entities.length === 1 && entities[0]
      : entities.find(({ name }) => name.toLowerCase() === wanted);
  if (!found) {
    const names = entities.map(({ name }) => `"${name}"`).join(", ");
    throw new AppError(
      "request-invalid",
      wanted === undefined
        ? `Cannot take the file: the query must say what it is, as entity=<name>; there are ${names}`
        : `Cannot take the file: there is no entity "${entity}"; there are ${names}`,
    );
  }
  return found.name;
}

/** The parent's submission id, found by any of its ids. */
async function parentOf(
  ports: Pick<Ports, "submissions" | "clock">,
  input: IncomingFile,
): Promise<string | null> {
  if (input.parentId === null) {
    return null;
  }
  const parent = await ports.submissions.findAt(input.connectorId, input.parentId);
  if (parent === null) {
    throw new AppError(
      "submission-not-found",
      `Cannot take the file: its parent "${input.parentId}" is not a submission of this connector`,
    );
  }
  await noteAsked(ports, parent);
  return parent.id;
}

/**
 * Stores received content. Names consist only of ids, never of a partner's text.
 *
 * @throws AppError `file-empty`, `file-too-large`, `content-wrong`
 */
export async function storeReceivedFile(
  ports: Pick<Ports, "files" | "ids">,
  { connectorId, connector, charset }: IncomingFile,
  { body, submissionId }: { body: AsyncIterable<Uint8Array>; submissionId: string },
): Promise<ReceivedFile> {
  const path: FilePath = {
    container: "inbox",
    name: `${connectorId}/${submissionId}/${ports.ids.guid()}`,
  };
  const { content, result } = receivedBody(body, connector);
  await ports.files.write(path, content, "application/octet-stream");
  return { path, ...result(), ...(charset ? { charset } : {}) };
}

/** @see Submissions.insert; a file that is refused for good is not kept */
async function insert(
  ports: Pick<Ports, "submissions" | "files">,
  submission: Submission,
  options: { ordered: boolean; claims: readonly Claim[] },
): Promise<Submission> {
  try {
    return await ports.submissions.insert(submission, options); // C1
  } catch (error) {
    // after any other failure the submission may have been stored
    if (isAppError(error)) {
      await ports.files.delete(submission.file.path);
    }
    throw error;
  }
}

import type { Charset } from "../../formats/text/charset.ts";
import type { ConnectorOf } from "../definitions/definitions.ts";
import { AppError, isAppError } from "../errors.ts";
import type { FilePath } from "../files.ts";
import type { ImportDefinition } from "../imports/import-definition.ts";
import type { ImportOptions } from "../imports/import-options.ts";
import { sendNowOrLater } from "../imports/send-owed-imports.ts";
import type { Ports } from "../ports.ts";
import { companyAtDoor } from "./company-at-door.ts";
import { type InboundMessage, received } from "./inbound-message.ts";
import type { Claim } from "./inbox.ts";
import type { InboundFile } from "./message-files.ts";
import { receivedBody } from "./received-body.ts";
import {
  externalName,
  noteAsked,
  noteRepetition,
  type RequestName,
  repetitionClaim,
} from "./repetition.ts";

export type AcceptPorts = Pick<
  Ports,
  "definitions" | "files" | "inbox" | "runQueue" | "clock" | "ids" | "log"
>;

/** A file that somebody hands in at a connector. */
export interface HandIn {
  readonly activityId: string;
  readonly connector: ConnectorOf<"import">;
  readonly applicationId: string;
  /** Name of the entity that a single file is of; may be left out where the import has only one. */
  readonly entity: string | null;
  readonly company: string | null;
  /** What the partner calls the file. */
  readonly externalId: string | null;
  /** Message whose bad rows, mended, this file brings. */
  readonly parentId: string | null;
  /** The partner's own name for the execution: one name has one message. */
  readonly clientExecutionId?: string | null;
  readonly options?: ImportOptions;
  /** What the request says its text is in; of a package nothing. */
  readonly charset?: Charset | null;
}

/** What a hand-in asks for, resolved. */
export type Wanted = Pick<InboundMessage, "entity" | "company" | "parentId">;

export interface Accepted {
  readonly message: InboundMessage;
  /** False when it was a repetition: the message is that of the request before, and nothing else happens. */
  readonly isNew: boolean;
}

/**
 * Takes a file in: stores it while counting and hashing, puts a message at the connector, and sends its run.
 *
 * Once the message is stored the file is never lost: its run is owed from that moment, and a tick sends it when this
 * process does not come to it. A crash before leaves a blob that no message knows, and a partner without an answer.
 *
 * What is a repetition of an earlier request is said in `repetition.ts`. It is decided with the transaction that stores
 * the message, so that of two that come at the same moment one is new.
 *
 * @param body is taken as fast as it is stored
 * @throws AppError `definition-not-found`, `request-invalid`, `message-not-found` (the parent), `file-empty`,
 *   `file-too-large`, `content-wrong`
 */
export async function acceptFile(
  ports: AcceptPorts,
  input: HandIn,
  body: AsyncIterable<Uint8Array>,
): Promise<Accepted> {
  const wanted = await wantedOf(ports, input);
  return acceptOnce(ports, { ...input, ...wanted }, { body, names: [] });
}

/** {@link acceptContent}, and says so when it is a repetition. */
export async function acceptOnce(
  ports: AcceptPorts,
  input: HandIn & Wanted,
  content: { body: AsyncIterable<Uint8Array>; names: readonly RequestName[] },
): Promise<Accepted> {
  const accepted = await acceptContent(ports, input, content);
  if (!accepted.isNew) {
    await noteRepetition(ports, accepted.message, input.applicationId);
  }
  return accepted;
}

/**
 * Stores what is handed in, with its message.
 *
 * @param content.names what the request is told from others by, besides its external id
 */
export async function acceptContent(
  ports: AcceptPorts,
  input: HandIn & Wanted,
  { body, names }: { body: AsyncIterable<Uint8Array>; names: readonly RequestName[] },
): Promise<Accepted> {
  const { activityId, connector } = input;
  const receivedAt = ports.clock.now();
  const id = ports.ids.timeOrderedGuid(receivedAt);
  const file = await storeInboundFile(ports, input, { body, messageId: id });
  const arrived = received({
    activityId,
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
  // storing a large file takes a while, for which its run has not been waiting yet
  const message = { ...arrived, touchedAt: ports.clock.now() };
  const claims = [...names, ...externalName(connector, message)].map((name) =>
    repetitionClaim(name, message),
  );
  const stored = await insert(ports, message, { ordered: connector.ordered, claims });
  if (stored.id !== id) {
    await ports.files.delete(file.path);
    return { message: stored, isNew: false };
  }
  ports.log("file-handed-in", {
    activityId,
    messageId: id,
    importId: connector.import,
    bytes: file.bytes,
    applicationId: input.applicationId,
  });
  await sendNowOrLater(ports, stored);
  return { message: stored, isNew: true };
}

/**
 * Resolves what a hand-in asks for.
 *
 * @throws AppError `definition-not-found`, `request-invalid`, `message-not-found` (the parent)
 */
export async function wantedOf(
  ports: Pick<Ports, "definitions" | "inbox" | "clock">,
  input: HandIn,
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

/** @throws AppError `request-invalid` when it is not clear what the file is */
function entityOf({ entities }: ImportDefinition, { connector, entity }: HandIn): string | null {
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

/** The parent's message id, whichever of its ids it was called by. */
async function parentOf(
  ports: Pick<Ports, "inbox" | "clock">,
  input: HandIn,
): Promise<string | null> {
  if (input.parentId === null) {
    return null;
  }
  const parent = await ports.inbox.findAt(input.activityId, input.parentId);
  if (parent === null) {
    throw new AppError(
      "message-not-found",
      `Cannot take the file: its parent "${input.parentId}" is not a message of this connector`,
    );
  }
  await noteAsked(ports, parent);
  return parent.id;
}

/**
 * Stores what is handed in. Names are made of ids only, never of what a partner wrote.
 *
 * @throws AppError `file-empty`, `file-too-large`, `content-wrong`
 */
export async function storeInboundFile(
  ports: Pick<Ports, "files" | "ids">,
  { activityId, connector, charset }: HandIn,
  { body, messageId }: { body: AsyncIterable<Uint8Array>; messageId: string },
): Promise<InboundFile> {
  const path: FilePath = {
    container: "inbox",
    name: `${activityId}/${messageId}/${ports.ids.guid()}`,
  };
  const { content, result } = receivedBody(body, connector);
  await ports.files.write(path, content, "application/octet-stream");
  return { path, ...result(), ...(charset ? { charset } : {}) };
}

/** @see Inbox.insert; when a file is refused for good it is not kept either */
async function insert(
  ports: Pick<Ports, "inbox" | "files">,
  message: InboundMessage,
  options: { ordered: boolean; claims: readonly Claim[] },
): Promise<InboundMessage> {
  try {
    return await ports.inbox.insert(message, options); // C1
  } catch (error) {
    // after any other failure the message may be there all the same
    if (isAppError(error)) {
      await ports.files.delete(message.file.path);
    }
    throw error;
  }
}

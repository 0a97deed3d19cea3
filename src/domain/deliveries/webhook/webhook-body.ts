import {
  cloudEventNames,
  eventIdOf,
  type FileAvailableEvent,
  fileAvailableEvent,
} from "../../ledger/file-available.ts";
import { fileName, type PublishedFile } from "../../ledger/ledger-entry.ts";

export const WEBHOOK_BODIES = ["metadata", "cloudevent", "business-event"] as const;
export type WebhookBodyKind = (typeof WEBHOOK_BODIES)[number];

/** Facts of one attempt. */
export interface WebhookFacts {
  /** A GUID; equal in all attempts. */
  readonly deliveryId: string;
  readonly file: PublishedFile;
  /** Number before this one for this subscription and file type; null: none is known. */
  readonly previousSequence: number | null;
  /** Whether an earlier attempt may have arrived. */
  readonly isRepeated: boolean;
  /** Whether an operator asked for it, to see that the receiver works. */
  readonly isTest: boolean;
  /** Legal entity of business events. */
  readonly legalEntity: string;
  /** Address from which anybody can read the file. It is made for this attempt. */
  readonly link: { readonly url: string; readonly expiresAt: Date } | null;
}

export interface WebhookBody {
  readonly contentType: string;
  /** Signed and sent as it is. */
  readonly bytes: Buffer;
}

/** The body of one attempt, made into bytes once. */
export function webhookBody(kind: WebhookBodyKind, facts: WebhookFacts): WebhookBody {
  const { mediaType, content } = MAKERS[kind](facts);
  return {
    contentType: `${mediaType}; charset=utf-8`,
    bytes: Buffer.from(JSON.stringify(content)),
  };
}

type Maker = (facts: WebhookFacts) => { readonly mediaType: string; readonly content: object };

const MAKERS: Readonly<Record<WebhookBodyKind, Maker>> = {
  metadata: (facts) => ({ mediaType: "application/json", content: metadata(facts) }),
  cloudevent: (facts) => ({
    mediaType: "application/cloudevents+json",
    content: cloudEvent(facts),
  }),
  "business-event": (facts) => ({
    mediaType: "application/json",
    content: sorted(businessEvent(facts)),
  }),
};

/** The event that subscribers of the topic get, with what only one subscription can know. */
function metadata(facts: WebhookFacts): FileAvailableEvent {
  const event = fileAvailableEvent(facts.file);
  return {
    ...event,
    properties: {
      ...event.properties,
      previousSequence: facts.previousSequence,
      repeated: facts.isRepeated,
      ...(facts.isTest ? { test: true } : {}),
    },
  };
}

/** CloudEvents 1.0, structured. Names of attributes have small letters only, and a sequence is text. */
function cloudEvent(facts: WebhookFacts): object {
  const { file, link } = facts;
  return {
    specversion: "1.0",
    id: facts.isTest ? facts.deliveryId : eventIdOf(file),
    ...cloudEventNames(file),
    subject: file.fileType,
    time: file.publishedAt.toISOString(),
    datacontenttype: "application/json",
    dataref: link?.url ?? file.uri,
    ...(link === null ? {} : { datarefexpiresat: link.expiresAt.toISOString() }),
    sequence: String(file.sequence),
    data: metadata(facts),
  };
}

const NO_USER = "{00000000-0000-0000-0000-000000000000}";
/** Numbers that one millisecond has for files. */
const NUMBERS_PER_MS = 1_000;

/**
 * The envelope of business events of Dynamics 365 Finance and Operations, and the members of its "Data export business
 * event": `EntityName` and `DownloadURL`. Further members are ours.
 *
 * `ControlNumber` rises with the time of publication, and has gaps.
 */
function businessEvent(facts: WebhookFacts): Record<string, unknown> {
  const { file, link, deliveryId, legalEntity } = facts;
  const publishedAtMs = file.publishedAt.getTime();
  return {
    BusinessEventId: "WaybillDataExportBusinessEvent",
    BusinessEventLegalEntity: legalEntity,
    ContextRecordSubject: "",
    ControlNumber: publishedAtMs * NUMBERS_PER_MS + (file.sequence % NUMBERS_PER_MS),
    EventId: deliveryId.toUpperCase(),
    EventTime: `/Date(${publishedAtMs})/`,
    EventTimeIso8601: file.publishedAt.toISOString().replace("Z", "0000Z"),
    InitiatingUserAADObjectId: NO_USER,
    LegalEntity: legalEntity,
    MajorVersion: 0,
    MinorVersion: 0,
    ParentContextRecordSubjects: [],
    EntityName: file.entity,
    DownloadURL: link?.url ?? "",
    DownloadURLExpiresAt: link?.expiresAt.toISOString() ?? "",
    ContentType: file.contentType,
    CorrelationId: file.correlationId,
    FileName: plainName(file),
    FileType: file.fileType,
    PreviousSequence: facts.previousSequence,
    RecordCount: file.records,
    Repeated: facts.isRepeated,
    Sequence: file.sequence,
    Sha256: file.sha256,
    ...(facts.isTest ? { Test: true } : {}),
  };
}

/** The file's name when its compression is undone on the way. */
export function plainName(file: PublishedFile): string {
  const name = fileName(file);
  return file.contentEncoding === "gzip" ? name.replace(/\.gz$/, "") : name;
}

/** Members by name, as Dynamics 365 sends them. */
function sorted(members: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
}

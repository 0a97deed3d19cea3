import { EVERYBODY } from "../filters/topic-rules.ts";
import type { Ports } from "../ports.ts";
import { isOlderThan } from "../values/age.ts";
import {
  cloudEventNames,
  eventIdOf,
  type FileAvailableMessage,
  fileAvailableEvent,
} from "./file-available.ts";
import type { LedgerEntry } from "./ledger-entry.ts";

/**
 * Announces the entries of a file type that were not announced yet.
 *
 * An announcer starts at the oldest entry of the file type, so that no entry is announced before an older one. Two
 * announcers at once send equal messages, and the topic's duplicate detection drops one.
 *
 * @returns how many were announced
 */
export async function announceEntries(
  ports: AnnouncePorts,
  input: { fileType: string },
): Promise<number> {
  let announced = 0;
  for await (const entry of ports.ledger.unannounced(input.fileType)) {
    await announce(ports, entry);
    announced++;
  }
  return announced;
}

/** After this time a publisher has announced its entry, unless it died. */
const FORGOTTEN_AFTER_MS = 30_000;

/** Announces entries of a file type that a crash left behind. @returns how many were announced */
export async function announceForgotten(
  ports: AnnouncePorts & Pick<Ports, "clock">,
  fileType: string,
): Promise<number> {
  let announced = 0;
  for await (const entry of ports.ledger.unannounced(fileType)) {
    // all following entries are younger, so none is announced before an older one
    if (!isOlderThan(entry.publishedAt, ports.clock.now(), FORGOTTEN_AFTER_MS)) {
      break;
    }
    await announce(ports, entry);
    announced++;
  }
  return announced;
}

export type AnnouncePorts = Pick<Ports, "ledger" | "files" | "announcements" | "log">;

async function announce(ports: AnnouncePorts, entry: LedgerEntry): Promise<void> {
  // C20: in this order
  await ports.files.label(entry.path, fileMetadata(entry));
  await ports.announcements.send(fileAvailableMessage(entry));
  await ports.ledger.noteAnnounced(entry);
  ports.log("file-announced", { fileType: entry.fileType, sequence: entry.sequence });
}

/** The Service Bus message that announces an entry. It is always equal for the same entry. */
export function fileAvailableMessage(entry: LedgerEntry): FileAvailableMessage {
  // the same id for the same entry makes a repeated announcement a duplicate, which the broker drops
  const messageId = eventIdOf(entry);
  const { type, source } = cloudEventNames(entry);
  return {
    messageId,
    subject: entry.fileType,
    // partners with sessions get the order within a file type; other subscriptions are not affected
    sessionId: entry.fileType,
    correlationId: entry.correlationId,
    contentType: "application/json",
    applicationProperties: {
      audience: EVERYBODY,
      ...filterableProperties(entry),
      traceparent: traceparentOf(entry),
      "cloudEvents:specversion": "1.0",
      "cloudEvents:type": type,
      "cloudEvents:source": source,
      "cloudEvents:id": messageId,
      "cloudEvents:time": entry.publishedAt.toISOString(),
      "cloudEvents:dataref": entry.uri,
    },
    body: fileAvailableEvent(entry),
  };
}

/**
 * The message that brings an entry to one subscription of the topic alone. The topic drops messages whose id it has
 * seen. So the id names the delivery and how often an operator sent it again: only a repeated attempt is a duplicate.
 */
export function audienceMessage(
  entry: LedgerEntry,
  delivery: { readonly subscriptionId: string; readonly id: string; readonly requeues: number },
): FileAvailableMessage {
  const message = fileAvailableMessage(entry);
  const { subscriptionId, id, requeues } = delivery;
  return {
    ...message,
    messageId: `${message.messageId}:${id}:${requeues}`,
    applicationProperties: { ...message.applicationProperties, audience: subscriptionId },
  };
}

/** Properties that rules of a topic can ask for, under the names that filters use. One without a value is missing. */
function filterableProperties(entry: LedgerEntry): Record<string, string | number> {
  return {
    blobType: entry.fileType,
    entity: entry.entity,
    contentType: entry.contentType,
    ...(entry.contentEncoding === null ? {} : { contentEncoding: entry.contentEncoding }),
    records: entry.records,
    bytes: entry.bytes,
    sequence: entry.sequence,
    mode: entry.mode,
    ...(entry.window.from === null ? {} : { from: entry.window.from }),
    ...(entry.window.to === null ? {} : { to: entry.window.to }),
  };
}

/** W3C Trace Context: the run is the trace, the file the span. So the work of all consumers belongs together. */
function traceparentOf(entry: LedgerEntry): string {
  const hex = (guid: string): string => guid.replaceAll("-", "");
  return `00-${hex(entry.correlationId)}-${hex(entry.fileId).slice(0, 16)}-01`;
}

/** Blob metadata that describes a file found without its ledger entry. */
function fileMetadata(entry: LedgerEntry): Record<string, string> {
  return {
    blobType: entry.fileType,
    correlationId: entry.correlationId,
    sequence: String(entry.sequence),
    records: String(entry.records),
    sha256: entry.sha256,
  };
}

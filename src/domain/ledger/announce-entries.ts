import type { Ports } from "../ports.ts";
import { isOlderThan } from "../values/age.ts";
import type { FileAvailableMessage } from "./file-available.ts";
import type { LedgerEntry } from "./ledger-entry.ts";

/**
 * Announces what the ledger holds of a file type and nobody was told yet.
 *
 * Whoever announces starts at the oldest entry of the file type, so that no entry is ever announced before the one
 * in front of it. Two announcers at once send the same message, which the topic's duplicate detection drops.
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

/** By then whoever published an entry has announced it, unless it died. */
const FORGOTTEN_AFTER_MS = 30_000;

/** Announces what a crash left behind of a file type. @returns how many were announced */
export async function announceForgotten(
  ports: AnnouncePorts & Pick<Ports, "clock">,
  fileType: string,
): Promise<number> {
  let announced = 0;
  for await (const entry of ports.ledger.unannounced(fileType)) {
    // all that follow are younger still, so none is announced before the one in front of it
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
  await ports.files.label(entry.path, fileMetadata(entry));
  await ports.announcements.send(fileAvailableMessage(entry));
  await ports.ledger.noteAnnounced(entry);
  ports.log("file-announced", { fileType: entry.fileType, sequence: entry.sequence });
}

/** The Service Bus message that announces an entry; always the same for the same entry. */
export function fileAvailableMessage(entry: LedgerEntry): FileAvailableMessage {
  // the same id for the same entry is what makes a repeated announcement a duplicate that the broker drops
  const messageId = `${entry.fileType}:${entry.sequence}`;
  return {
    messageId,
    subject: entry.fileType,
    // partners that ask for order get it within a file type; subscriptions without sessions do not notice
    sessionId: entry.fileType,
    correlationId: entry.correlationId,
    contentType: "application/json",
    applicationProperties: {
      blobType: entry.fileType,
      entity: entry.entity,
      contentType: entry.contentType,
      records: entry.records,
      sequence: entry.sequence,
      traceparent: traceparentOf(entry),
      "cloudEvents:specversion": "1.0",
      "cloudEvents:type": "waybill.file-available",
      "cloudEvents:source": `/file-types/${entry.fileType}`,
      "cloudEvents:id": messageId,
      "cloudEvents:time": entry.publishedAt.toISOString(),
      "cloudEvents:dataref": entry.uri,
    },
    body: {
      blobType: entry.fileType,
      correlationId: entry.correlationId,
      contentType: entry.contentType,
      ...(entry.contentEncoding === null ? {} : { contentEncoding: entry.contentEncoding }),
      uri: entry.uri,
      properties: {
        entity: entry.entity,
        records: entry.records,
        bytes: entry.bytes,
        sha256: entry.sha256,
        sequence: entry.sequence,
        mode: entry.mode,
        from: entry.window.from,
        to: entry.window.to,
        ...(entry.fullBecause === null ? {} : { fullBecause: entry.fullBecause }),
      },
    },
  };
}

/** W3C Trace Context: the run is the trace, the file the span, so that every consumer's work joins up. */
function traceparentOf(entry: LedgerEntry): string {
  const hex = (guid: string): string => guid.replaceAll("-", "");
  return `00-${hex(entry.correlationId)}-${hex(entry.fileId).slice(0, 16)}-01`;
}

/** Blob metadata by which a file that is found alone explains itself. */
function fileMetadata(entry: LedgerEntry): Record<string, string> {
  return {
    blobType: entry.fileType,
    correlationId: entry.correlationId,
    sequence: String(entry.sequence),
    records: String(entry.records),
    sha256: entry.sha256,
  };
}

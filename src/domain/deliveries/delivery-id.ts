import { hash } from "node:crypto";
import type { PublishedFile } from "../ledger/ledger-entry.ts";
import type { QueueId } from "./queue-id.ts";

/** Origin of a file at connectors: a file that is announced again has the same origin. */
export function originOf(file: Pick<PublishedFile, "fileType" | "sequence">): string {
  return `${file.fileType}|${file.sequence}`;
}

/** The id of a file's delivery at a connector. */
export function deliveryIdOf(
  queueId: QueueId,
  file: Pick<PublishedFile, "publishedAt">,
  origin: string,
): string {
  return timeOrderedGuidFrom(`${queueId}|${origin}`, file.publishedAt);
}

/** A GUID made from a name (RFC 9562 version 8: our own use of SHA-256). */
export function guidFrom(name: string): string {
  const hex = hash("sha256", name, "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A GUID made from a name and a time. It sorts by the time: its first 48 bits are the milliseconds. */
function timeOrderedGuidFrom(name: string, at: Date): string {
  const time = at.getTime().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8, 12)}${guidFrom(name).slice(13)}`;
}

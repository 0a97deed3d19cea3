import { createHash } from "node:crypto";
import type { InboundMessage } from "../domain/submissions/inbound-message.ts";
import type { Key } from "./table-rows.ts";

/** Where each row of the inbox stands; `table-inbox.ts` draws the layout. */

const GUID_REGEXP = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id as it is matched: a GUID in any case, whatever else partners make ids of letter by letter. */
export function canonicalId(id: string): string {
  return GUID_REGEXP.test(id) ? id.toLowerCase() : id;
}

/** @returns null for what is not a message id */
export function messageKey(activityId: string, messageId: string): Key | null {
  if (!GUID_REGEXP.test(messageId)) {
    return null;
  }
  // the first 48 bits of a time-ordered GUID are its time (RFC 9562 section 5.7)
  const receivedMs = Number.parseInt(messageId.replaceAll("-", "").slice(0, 12), 16);
  return {
    partitionKey: activityId,
    rowKey: `${MESSAGE_PREFIX}${descending(receivedMs)}:${messageId}`,
  };
}

export const MESSAGE_PREFIX = "message:";

/** Messages with this row key or a greater one were received before that instant. */
export function receivedBeforeKey(at: Date): string {
  return `${MESSAGE_PREFIX}${descending(at.getTime() - 1)}`;
}

/** Tables sort ascending only; the newest first means counting down. */
function descending(ms: number): string {
  return String(999_999_999_999_999 - ms).padStart(15, "0");
}

export function owedKey({ activityId, sequence, id, revision }: InboundMessage): Key {
  return { partitionKey: activityId, rowKey: `owed:${placeOf(sequence ?? 0)}:${id}:${revision}` };
}

export function placeOf(sequence: number): string {
  return String(sequence).padStart(12, "0");
}

export function claimKey(activityId: string, key: string): Key {
  return { partitionKey: activityId, rowKey: `claim:${hashOf(key)}` };
}

/** Of what was heard from partners about a message. */
export function heardKey({ activityId, id }: InboundMessage): Key {
  return { partitionKey: activityId, rowKey: `heard:${id}` };
}

/** Of the note that says when a claim ends. */
export function endsKey({ partitionKey, rowKey }: Key, until: Date): Key {
  return { partitionKey, rowKey: `${endsBefore(until)}:${rowKey}` };
}

/** What notes of claims that ended before that instant are less than. */
export function endsBefore(at: Date): string {
  return `ends:${String(at.getTime()).padStart(15, "0")}`;
}

export function ownedPrefix(messageId: string): string {
  return `of:${messageId}:`;
}

/** Of the note that a row is to be deleted with its message. */
export function ownedKey({ partitionKey, rowKey }: Key, messageId: string): Key {
  return { partitionKey, rowKey: `${ownedPrefix(messageId)}${rowKey}` };
}

export function childPrefix(parentId: string): string {
  return `child:${parentId}:`;
}

export function childKey(activityId: string, parentId: string, id: string): Key {
  return { partitionKey: activityId, rowKey: `${childPrefix(parentId)}${id}` };
}

export function counterKey(activityId: string): Key {
  return { partitionKey: activityId, rowKey: "counter" };
}

export function connectorKey(activityId: string): Key {
  return { partitionKey: CONNECTORS, rowKey: activityId };
}

/** No activity id is called so. */
export const CONNECTORS = "connectors";

/** Of the row that says that a connector may know an id. */
export function indexKey(id: string, activityId: string): Key {
  return { partitionKey: indexPartition(id), rowKey: activityId };
}

export function indexPartition(id: string): string {
  return `id:${hashOf(canonicalId(id))}`;
}

/** Keys must not hold everything that ids of partners may. */
function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

import { createHash } from "node:crypto";
import type { Submission } from "../domain/submissions/submission.ts";
import type { Key } from "./table-rows.ts";

/** Where each row of submissions stands; `table-submissions.ts` draws the layout. */

const GUID_REGEXP = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id as it is matched: a GUID in any case, whatever else partners make ids of letter by letter. */
export function canonicalId(id: string): string {
  return GUID_REGEXP.test(id) ? id.toLowerCase() : id;
}

/** @returns null for what is no submission id */
export function submissionKey(connectorId: string, submissionId: string): Key | null {
  if (!GUID_REGEXP.test(submissionId)) {
    return null;
  }
  // the first 48 bits of a time-ordered GUID are its time (RFC 9562 section 5.7)
  const receivedMs = Number.parseInt(submissionId.replaceAll("-", "").slice(0, 12), 16);
  return {
    partitionKey: connectorId,
    rowKey: `${SUBMISSION_PREFIX}${descending(receivedMs)}:${submissionId}`,
  };
}

export const SUBMISSION_PREFIX = "message:";

/** Submissions with this row key or a greater one were received before that instant. */
export function receivedBeforeKey(at: Date): string {
  return `${SUBMISSION_PREFIX}${descending(at.getTime() - 1)}`;
}

/** Tables sort ascending only; the newest first means counting down. */
function descending(ms: number): string {
  return String(999_999_999_999_999 - ms).padStart(15, "0");
}

export function owedKey({ connectorId, sequence, id, revision }: Submission): Key {
  return { partitionKey: connectorId, rowKey: `owed:${placeOf(sequence ?? 0)}:${id}:${revision}` };
}

export function placeOf(sequence: number): string {
  return String(sequence).padStart(12, "0");
}

export function claimKey(connectorId: string, key: string): Key {
  return { partitionKey: connectorId, rowKey: `claim:${hashOf(key)}` };
}

/** Of what was heard from partners about a submission. */
export function heardKey({ connectorId, id }: Submission): Key {
  return { partitionKey: connectorId, rowKey: `heard:${id}` };
}

/** Of the note that says when a claim ends. */
export function endsKey({ partitionKey, rowKey }: Key, until: Date): Key {
  return { partitionKey, rowKey: `${endsBefore(until)}:${rowKey}` };
}

/** What notes of claims that ended before that instant are less than. */
export function endsBefore(at: Date): string {
  return `ends:${String(at.getTime()).padStart(15, "0")}`;
}

export function ownedPrefix(submissionId: string): string {
  return `of:${submissionId}:`;
}

/** Of the note that a row is to be deleted with its submission. */
export function ownedKey({ partitionKey, rowKey }: Key, submissionId: string): Key {
  return { partitionKey, rowKey: `${ownedPrefix(submissionId)}${rowKey}` };
}

export function childPrefix(parentId: string): string {
  return `child:${parentId}:`;
}

export function childKey(connectorId: string, parentId: string, id: string): Key {
  return { partitionKey: connectorId, rowKey: `${childPrefix(parentId)}${id}` };
}

export function counterKey(connectorId: string): Key {
  return { partitionKey: connectorId, rowKey: "counter" };
}

export function connectorKey(connectorId: string): Key {
  return { partitionKey: CONNECTORS, rowKey: connectorId };
}

/** No connector id is called so. */
export const CONNECTORS = "connectors";

/** Of the row that says that a connector may know an id. */
export function indexKey(id: string, connectorId: string): Key {
  return { partitionKey: indexPartition(id), rowKey: connectorId };
}

export function indexPartition(id: string): string {
  return `id:${hashOf(canonicalId(id))}`;
}

/** Keys must not hold everything that ids of partners may. */
function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

import { createHash } from "node:crypto";
import type { Submission } from "../domain/submissions/submission.ts";
import { GUID_REGEXP } from "../domain/values/guid.ts";
import { ascending, descending, placeOf } from "./row-keys.ts";
import type { Key } from "./table-rows.ts";

/** Keys of the rows of submissions; `table-submissions.ts` draws the layout. */

/** An id in the form for comparisons: a GUID in any case, other ids of partners letter by letter. */
export function canonicalId(id: string): string {
  return GUID_REGEXP.test(id) ? id.toLowerCase() : id;
}

/** @returns null for a text that is not a submission id */
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

/** Submissions with this row key or a greater one were received before that time. */
export function receivedBeforeKey(at: Date): string {
  return `${SUBMISSION_PREFIX}${descending(at.getTime() - 1)}`;
}

export function owedKey({ connectorId, sequence, id, revision }: Submission): Key {
  return { partitionKey: connectorId, rowKey: `owed:${placeOf(sequence ?? 0)}:${id}:${revision}` };
}

export function claimKey(connectorId: string, key: string): Key {
  return { partitionKey: connectorId, rowKey: `claim:${hashOf(key)}` };
}

/** Key of the partners' questions about a submission. */
export function heardKey({ connectorId, id }: Submission): Key {
  return { partitionKey: connectorId, rowKey: `heard:${id}` };
}

/** Key of the note that says when a claim ends. */
export function endsKey({ partitionKey, rowKey }: Key, until: Date): Key {
  return { partitionKey, rowKey: `${endsBefore(until)}:${rowKey}` };
}

/** Upper bound of the keys of notes about claims that ended before that time. */
export function endsBefore(at: Date): string {
  return `ends:${ascending(at.getTime())}`;
}

export function ownedPrefix(submissionId: string): string {
  return `of:${submissionId}:`;
}

/** Key of the note that a row must be deleted with its submission. */
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
  return { partitionKey: CONNECTOR_LIST, rowKey: connectorId };
}

/** Never a connector id. */
export const CONNECTOR_LIST = "connectors";

/** Key of the row that says that a connector may know an id. */
export function indexKey(id: string, connectorId: string): Key {
  return { partitionKey: indexPartition(id), rowKey: connectorId };
}

export function indexPartition(id: string): string {
  return `id:${hashOf(canonicalId(id))}`;
}

/** Keys cannot hold every character of partners' ids. */
function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

import { odata, type TableClient } from "@azure/data-tables";
import type { Submission } from "../domain/submissions/submission.ts";
import { fromNamedRow } from "./stored-names.ts";
import {
  deleteRow,
  firstRows,
  fromRow,
  getRow,
  isRowConflict,
  type Key,
  rowsWithPrefix,
} from "./table-rows.ts";
import type { ClaimRow } from "./table-submission-claims.ts";
import {
  childKey,
  endsBefore,
  heardKey,
  indexKey,
  ownedPrefix,
  submissionKey,
} from "./table-submission-keys.ts";

/** @see Submissions.deleteEndedClaims. The note is deleted last, so that it is found again after a crash. */
export async function deleteEndedClaims(
  table: TableClient,
  { connectorId, now, limit }: { connectorId: string; now: Date; limit: number },
): Promise<number> {
  const end = endsBefore(new Date(now.getTime() + 1));
  const filter = odata`PartitionKey eq ${connectorId} and RowKey ge ${"ends:"} and RowKey lt ${end}`;
  const notes = await firstRows(table, filter, limit);
  for (const note of notes) {
    await deleteClaim(table, fromRow<Key>(note), ({ until }) => until !== null && until <= now);
    await deleteRow(table, { partitionKey: connectorId, rowKey: String(note.rowKey) });
  }
  return notes.length;
}

/** Deletes the rows that belong to a submission; the notes go last. */
async function deleteOwnedRows(table: TableClient, { connectorId, id }: Submission): Promise<void> {
  for await (const note of rowsWithPrefix(table, connectorId, ownedPrefix(id))) {
    await deleteClaim(table, fromRow<Key>(note), ({ submissionId }) => submissionId === id);
    await deleteRow(table, { partitionKey: connectorId, rowKey: String(note.rowKey) });
  }
}

/** Deletes the claim if it is still the expected one; another submission may take it at any moment. */
async function deleteClaim(
  table: TableClient,
  key: Key,
  isMeant: (claim: ClaimRow) => boolean,
): Promise<void> {
  const row = await getRow(table, key);
  if (row === null || !isMeant(fromNamedRow<ClaimRow>(row))) {
    return;
  }
  try {
    await table.deleteEntity(key.partitionKey, key.rowKey, { etag: String(row.etag) });
  } catch (error) {
    if (!isRowConflict(error)) {
      throw error;
    }
  }
}

/** The submission goes last: until then it is listed, and can be deleted again. */
export async function deleteSubmission(table: TableClient, submission: Submission): Promise<void> {
  const { connectorId, id, executionId, earlierExecutionIds, clientExecutionId, parentId } =
    submission;
  await deleteOwnedRows(table, submission);
  const own = clientExecutionId === null ? [] : [clientExecutionId];
  for (const known of new Set([...own, ...earlierExecutionIds, executionId, id])) {
    await deleteRow(table, indexKey(known, connectorId));
  }
  if (parentId !== null) {
    await deleteRow(table, childKey(connectorId, parentId, id));
  }
  await deleteRow(table, heardKey(submission));
  const key = submissionKey(connectorId, id);
  if (key !== null) {
    await deleteRow(table, key);
  }
}

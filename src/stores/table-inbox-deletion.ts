import { odata, type TableClient } from "@azure/data-tables";
import type { InboundMessage } from "../domain/submissions/inbound-message.ts";
import type { ClaimRow } from "./table-inbox-claims.ts";
import {
  childKey,
  endsBefore,
  heardKey,
  indexKey,
  messageKey,
  ownedPrefix,
} from "./table-inbox-keys.ts";
import {
  deleteRow,
  firstRows,
  fromRow,
  getRow,
  isRowConflict,
  type Key,
  rowsWithPrefix,
} from "./table-rows.ts";

/** @see Inbox.deleteEndedClaims. The note goes last, so that a crash leaves it to be found again. */
export async function deleteEndedClaims(
  table: TableClient,
  { activityId, now, limit }: { activityId: string; now: Date; limit: number },
): Promise<number> {
  const end = endsBefore(new Date(now.getTime() + 1));
  const filter = odata`PartitionKey eq ${activityId} and RowKey ge ${"ends:"} and RowKey lt ${end}`;
  const notes = await firstRows(table, filter, limit);
  for (const note of notes) {
    await deleteClaim(table, fromRow<Key>(note), ({ until }) => until !== null && until <= now);
    await deleteRow(table, { partitionKey: activityId, rowKey: String(note.rowKey) });
  }
  return notes.length;
}

/** Deletes what is to go with a message; the notes go last. */
async function deleteOwnedRows(
  table: TableClient,
  { activityId, id }: InboundMessage,
): Promise<void> {
  for await (const note of rowsWithPrefix(table, activityId, ownedPrefix(id))) {
    await deleteClaim(table, fromRow<Key>(note), ({ messageId }) => messageId === id);
    await deleteRow(table, { partitionKey: activityId, rowKey: String(note.rowKey) });
  }
}

/** Deletes the claim if it is still the one that was meant; somebody else may take it at any moment. */
async function deleteClaim(
  table: TableClient,
  key: Key,
  isMeant: (claim: ClaimRow) => boolean,
): Promise<void> {
  const row = await getRow(table, key);
  if (row === null || !isMeant(fromRow<ClaimRow>(row))) {
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

/** The message goes last: until then it is listed, and can be deleted again. */
export async function deleteMessage(table: TableClient, message: InboundMessage): Promise<void> {
  const { activityId, id, executionId, earlierExecutionIds, clientExecutionId, parentId } = message;
  await deleteOwnedRows(table, message);
  const own = clientExecutionId === null ? [] : [clientExecutionId];
  for (const known of new Set([...own, ...earlierExecutionIds, executionId, id])) {
    await deleteRow(table, indexKey(known, activityId));
  }
  if (parentId !== null) {
    await deleteRow(table, childKey(activityId, parentId, id));
  }
  await deleteRow(table, heardKey(message));
  const key = messageKey(activityId, id);
  if (key !== null) {
    await deleteRow(table, key);
  }
}

import { randomUUID } from "node:crypto";
import { odata, type TableClient, type TransactionAction } from "@azure/data-tables";
import type { Message } from "../domain/connectors/message.ts";
import type { Messages } from "../domain/ports.ts";
import {
  commitOnce,
  firstRows,
  fromRow,
  getRow,
  type Key,
  pageOfRows,
  toRow,
} from "./table-rows.ts";

/**
 * The queues of all connectors in one table. PartitionKey = activity id.
 *
 *   message:<message id>                                   what became of the message; kept
 *   ready:<position, ms>:<sequence>:<message id>:<receipt>  exists while somebody may still take it
 *
 * A message is taken by deleting its ready row and inserting one with another key, in the transaction that also
 * writes the message row. No key ever comes back, so the deletion of a row that is gone fails the transaction of
 * everybody but the first: that is the whole guard, and it needs no ETag (which a batched delete would ignore).
 * Both rows hold the whole message, so that a dequeue costs one query and one transaction.
 */
export function tableMessages(table: TableClient): Messages {
  return {
    insert: async (message) => {
      const written = { key: messageKey(message.activityId, message.id), writeId: randomUUID() };
      const actions: TransactionAction[] = [
        ["create", toRow(written.key, message, written.writeId)],
        ["create", toRow(readyKey(message), message)],
      ];
      return commitOnce(table, actions, written);
    },

    find: async (activityId, messageId) => {
      const row = await getRow(table, messageKey(activityId, messageId));
      return row === null ? null : fromRow<Message>(row);
    },

    ready: async (activityId, { now, limit, ordered }) => {
      const end = ordered ? "ready;" : `ready:${milliseconds(new Date(now.getTime() + 1))}`;
      const filter = odata`PartitionKey eq ${activityId} and RowKey ge ${"ready:"} and RowKey lt ${end}`;
      const rows = await firstRows(table, filter, limit);
      return rows.map((row) => fromRow<Message>(row));
    },

    replace: async (before, after) => {
      const written = { key: messageKey(after.activityId, after.id), writeId: randomUUID() };
      const actions: TransactionAction[] = [
        ["delete", { ...readyKey(before) }],
        ["update", toRow(written.key, after, written.writeId), "Replace"],
      ];
      if (after.state !== "acked") {
        actions.push(["create", toRow(readyKey(after), after)]);
      }
      return commitOnce(table, actions, written);
    },

    list: async (activityId, page) =>
      pageOfRows<Message>(table, { partitionKey: activityId, prefix: "message:", page }),
  };
}

function messageKey(activityId: string, messageId: string): Key {
  return { partitionKey: activityId, rowKey: `message:${messageId}` };
}

function readyKey(message: Message): Key {
  const sequence = String(message.file.sequence).padStart(12, "0");
  const receipt = message.receiptHash?.slice(0, 16) ?? "new";
  return {
    partitionKey: message.activityId,
    rowKey: `ready:${milliseconds(message.position)}:${sequence}:${message.id}:${receipt}`,
  };
}

function milliseconds(instant: Date): string {
  return String(instant.getTime()).padStart(15, "0");
}

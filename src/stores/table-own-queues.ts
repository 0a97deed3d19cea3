import { randomUUID } from "node:crypto";
import type { TableClient } from "@azure/data-tables";
import type { OwnQueue, OwnQueueState, OwnQueues } from "../domain/deliveries/own-queues.ts";
import {
  deleteVersion,
  fromRow,
  getRow,
  isRowConflict,
  type Key,
  rowsWithPrefix,
  toRow,
} from "./table-rows.ts";

/**
 * The subscriptions' own queues that hold something, beside the deliveries. PartitionKey = `waiting`, RowKey = queue.
 *
 * A file that comes merges only its own property, so that the endpoint's state stays. Every write changes the row's ETag.
 */
export function tableOwnQueues(table: TableClient): OwnQueues {
  return {
    noteDue: async (queueId, at) => {
      await table.upsertEntity({ ...keyOf(queueId), dueAt: at, writeId: randomUUID() }, "Merge");
    },

    find: async (queueId) => {
      const row = await getRow(table, keyOf(queueId));
      return row === null ? null : queueOf(row);
    },

    all: async function* () {
      for await (const row of rowsWithPrefix(table, WAITING, "")) {
        yield queueOf(row);
      }
    },

    replace: async (before, after) => {
      const { dueAt, ...state } = after;
      const writeId = randomUUID();
      const row = { ...toRow(keyOf(before.queueId), state, writeId), dueAt };
      try {
        await table.updateEntity(row, "Replace", { etag: before.etag });
        return true;
      } catch (error) {
        if (!isRowConflict(error)) {
          throw error;
        }
        // the SDK repeats a request whose answer was lost, and then finds its own write
        return (await getRow(table, keyOf(before.queueId)))?.writeId === writeId;
      }
    },

    end: async ({ queueId, etag }) => deleteVersion(table, keyOf(queueId), etag),
  };
}

const WAITING = "waiting";
const HEALTHY: Omit<OwnQueueState, "dueAt"> = { failures: 0, pausedUntil: null, stopped: null };

function keyOf(queueId: string): Key {
  return { partitionKey: WAITING, rowKey: queueId };
}

function queueOf(row: Readonly<Record<string, unknown>>): OwnQueue {
  const { rowKey, dueAt, etag, json0 } = row;
  const state = json0 === undefined ? {} : fromRow<Partial<OwnQueueState>>(row);
  return {
    ...HEALTHY,
    ...state,
    queueId: String(rowKey),
    dueAt: dueAt instanceof Date ? dueAt : new Date(0),
    etag: String(etag),
  };
}

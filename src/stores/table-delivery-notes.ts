import type { TableClient, TransactionAction } from "@azure/data-tables";
import type {
  Deliveries,
  DeliveryAttempt,
  FileRef,
  QueueOfFile,
} from "../domain/deliveries/deliveries.ts";
import type { Delivery } from "../domain/deliveries/delivery.ts";
import { descending, placeOf } from "./row-keys.ts";
import { firstRows, fromRow, type Key, prefixFilter, rowsWithPrefix, toRow } from "./table-rows.ts";

/**
 * Rows beside the deliveries.
 *
 *   PartitionKey = queue
 *   attempt:<delivery id>:<time, descending>   an attempt to bring a file
 *   last:<file type>                           number of the last file of the type that came into the queue
 *
 *   PartitionKey = file:<file type>:<number>
 *   queue:<queue>                              a queue in which the file has a delivery
 *   all                                        no queue is missing
 */
export function deliveryNotes(
  table: TableClient,
): Pick<Deliveries, "attempts" | "noteQueuesOf" | "queuesOf"> {
  return {
    attempts: async ({ queueId, id }) => {
      const prefix = attemptPrefix(id);
      const rows = await firstRows(table, prefixFilter(queueId, prefix, prefix), MAX_ATTEMPTS);
      return rows.map((row) => fromRow<DeliveryAttempt>(row));
    },

    noteQueuesOf: async (file, queues, { isAll }) => {
      const partitionKey = partitionOf(file);
      // several subscriptions may have the file by the same connector: the first is its owner
      const byQueue = new Map(queues.toReversed().map((queue) => [queue.queueId, queue]));
      const rows = [...byQueue].map(([queueId, queue]) =>
        toRow({ partitionKey, rowKey: QUEUE + queueId }, queue),
      );
      const marks = isAll ? [toRow({ partitionKey, rowKey: ALL }, {})] : [];
      // the mark comes last: it says that the others stand
      for (const batch of batches([...rows, ...marks])) {
        await table.submitTransaction(
          batch.map((row): TransactionAction => ["upsert", row, "Replace"]),
        );
      }
    },

    queuesOf: async (file) => {
      const queues: QueueOfFile[] = [];
      let isAll = false;
      // the mark was written last and is read first: when it is there, all the others are
      for await (const row of rowsWithPrefix(table, partitionOf(file), "")) {
        if (row.rowKey === ALL) {
          isAll = true;
        } else {
          queues.push(fromRow<QueueOfFile>(row));
        }
      }
      return { queues, isAll };
    },
  };
}

const QUEUE = "queue:";
const ALL = "all";
/** Newer ones are more interesting. */
const MAX_ATTEMPTS = 100;
/** Rows of one transaction. */
const MAX_BATCH = 100;

/** The row that records an attempt. */
export function attemptRow(
  { queueId, id }: Delivery,
  attempt: DeliveryAttempt,
): ReturnType<typeof toRow> {
  const rowKey = attemptPrefix(id) + descending(attempt.at.getTime());
  return toRow({ partitionKey: queueId, rowKey }, attempt);
}

function attemptPrefix(deliveryId: string): string {
  return `attempt:${deliveryId}:`;
}

/** The file of the same type that came into the queue last. */
export function lastKey({ queueId, file }: Delivery): Key {
  return { partitionKey: queueId, rowKey: `last:${file.fileType}` };
}

function partitionOf({ fileType, sequence }: FileRef): string {
  return `file:${fileType}:${placeOf(sequence)}`;
}

function* batches<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += MAX_BATCH) {
    yield rows.slice(start, start + MAX_BATCH);
  }
}

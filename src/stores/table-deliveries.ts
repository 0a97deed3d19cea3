import { randomUUID } from "node:crypto";
import { odata, type TableClient, type TransactionAction } from "@azure/data-tables";
import type {
  Deliveries,
  DeliveryAttempt,
  DeliveryChange,
  DeliveryQuery,
  TrackedDelivery,
} from "../domain/deliveries/deliveries.ts";
import { type Delivery, isTakeable } from "../domain/deliveries/delivery.ts";
import type { QueueId } from "../domain/deliveries/queue-id.ts";
import { fileName } from "../domain/ledger/ledger-entry.ts";
import type { Page } from "../domain/page.ts";
import { ascending, descending, placeOf } from "./row-keys.ts";
import { attemptRow, deliveryNotes, lastKey } from "./table-delivery-notes.ts";
import {
  commitOnce,
  firstRows,
  fromRow,
  getRow,
  isRowConflict,
  isRowMissing,
  type Key,
  pageOfRows,
  toRow,
} from "./table-rows.ts";

/**
 * All queues in one table. PartitionKey = queue.
 *
 *   message:<published, descending>:<delivery id>        what became of the delivery; kept
 *   ready:<position, ms>:<sequence>:<delivery id>:<revision>   exists while somebody may still take it
 *
 * A delivery that may be taken changes by deleting its ready row and inserting one with another key. The same
 * transaction writes the delivery row. No key ever comes back. So if the row is gone, the transaction fails for all
 * except the first. No other guard is needed, and no ETag (which a batched delete would ignore). Only without a ready
 * row does the delivery row's ETag guard, e.g. when an operator requeues an acknowledged delivery.
 *
 * Both rows hold the whole delivery, so that a dequeue costs one query and one transaction. Downloads are noted in a
 * property of the delivery row, which every other write leaves unchanged.
 */
export function tableDeliveries(table: TableClient): Deliveries {
  return {
    insert: async (delivery) => {
      const key = deliveryKey(delivery.queueId, delivery.id);
      const written = { key, writeId: randomUUID() };
      // a test does not count: its file may never have been delivered
      const place = delivery.isTest === true ? null : await placeAfter(table, delivery);
      const { row, ready } = rowsOf({ ...delivery, ...place?.previous }, written.writeId);
      const last: TransactionAction[] = place === null ? [] : [["upsert", place.last, "Replace"]];
      return commitOnce(table, [["create", row], ...ready, ...last], written);
    },

    find: async (queueId, deliveryId) => {
      const row = await getRow(table, deliveryKey(queueId, deliveryId));
      return row === null ? null : trackedDelivery(row);
    },

    ready: async (queueId, { now, limit, ordered }) => {
      const end = ordered ? "ready;" : `ready:${ascending(now.getTime() + 1)}`;
      const filter = odata`PartitionKey eq ${queueId} and RowKey ge ${"ready:"} and RowKey lt ${end}`;
      const rows = await firstRows(table, filter, limit);
      return rows.map((row) => fromDeliveryRow(row));
    },

    replace: async (before, after, attempt) =>
      isTakeable(before)
        ? replaceTakeable(table, [{ before, after }], attempt)
        : replaceSettled(table, before, after),

    replaceAll: async (changes) => replaceTakeable(table, changes),

    noteDownload: async (delivery, at) => {
      const key = deliveryKey(delivery.queueId, delivery.id);
      const note = { ...key, downloadedAt: at };
      await unlessRow(isRowMissing, table.updateEntity(note, "Merge"));
    },

    delete: async (delivery) => {
      const key = deliveryKey(delivery.queueId, delivery.id);
      const row = await getRow(table, key);
      if (row === null) {
        return true;
      }
      if (fromDeliveryRow(row).revision !== delivery.revision) {
        return false;
      }
      const { partitionKey, rowKey } = key;
      const deletion = table.deleteEntity(partitionKey, rowKey, { etag: row.etag });
      // it was deleted since it was read, perhaps by this request itself, repeated after a lost answer
      return (await unlessRow(isRowConflict, deletion)) || (await getRow(table, key)) === null;
    },

    list: async (queues, query) => {
      const where = conditions(query).join(" and ");
      const narrowed = where === "" ? {} : { where };
      const pageOf = (queueId: QueueId) =>
        pageOfRows(
          table,
          { partitionKey: queueId, prefix: DELIVERY, page: query, ...narrowed },
          trackedDelivery,
        );
      const pages = await Promise.all([queues].flat().map(pageOf));
      const [only] = pages;
      return only !== undefined && pages.length === 1 ? only : merged(pages, query.limit);
    },

    ...deliveryNotes(table),
  };
}

/**
 * The number of the file of the same type before this one, and the row that says this is now the last one. Two files
 * that come at once may get the same predecessor.
 */
async function placeAfter(
  table: TableClient,
  delivery: Delivery,
): Promise<{ previous: Pick<Delivery, "previousSequence">; last: Row }> {
  const { sequence } = delivery.file;
  const key = lastKey(delivery);
  const row = await getRow(table, key);
  const before = row === null ? null : fromRow<{ sequence: number }>(row).sequence;
  const isNext = before === null || before < sequence;
  return {
    previous: isNext ? { previousSequence: before } : {},
    last: toRow(key, { sequence: isNext ? sequence : before }),
  };
}

/** One page of several lists, in the order of their keys. */
function merged(pages: readonly Page<TrackedDelivery>[], limit: number): Page<TrackedDelivery> {
  const rank = ({ queueId, id }: Delivery) => deliveryKey(queueId, id).rowKey;
  const all = pages.flatMap(({ items }) => items).sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  const items = all.slice(0, limit);
  const last = items.at(-1);
  const isLast = all.length <= limit && pages.every(({ next }) => next === null);
  return { items, next: isLast || last === undefined ? null : rank(last).slice(DELIVERY.length) };
}

/** All changes in one transaction, guarded by the ready rows. */
async function replaceTakeable(
  table: TableClient,
  changes: readonly DeliveryChange[],
  attempt?: DeliveryAttempt,
): Promise<boolean> {
  const writeId = randomUUID();
  const actions = changes.flatMap(({ before, after }): TransactionAction[] => {
    const { row, ready } = rowsOf(after, writeId);
    return [["delete", { ...readyKey(before) }], ["update", forMerge(row), "Merge"], ...ready];
  });
  const [first] = changes;
  if (first === undefined || isTooLarge(actions)) {
    return changes.length === 0;
  }
  if (attempt !== undefined) {
    actions.push(["upsert", attemptRow(first.after, attempt), "Replace"]);
  }
  const { queueId, id } = first.after;
  return commitOnce(table, actions, { key: deliveryKey(queueId, id), writeId });
}

/** A change to a delivery that has no ready row. */
async function replaceSettled(
  table: TableClient,
  before: Delivery,
  after: Delivery,
): Promise<boolean> {
  const key = deliveryKey(after.queueId, after.id);
  const row = await getRow(table, key);
  if (row === null || fromDeliveryRow(row).revision !== before.revision) {
    return false;
  }
  const writeId = randomUUID();
  const { row: replacement, ready } = rowsOf(after, writeId);
  const actions: TransactionAction[] = [
    ["update", forMerge(replacement), "Merge", { etag: row.etag }],
    ...ready,
  ];
  return commitOnce(table, actions, { key, writeId });
}

/** A transaction holds 4 MiB; several deliveries of this size are changed one by one. */
const MAX_TRANSACTION_LENGTH = 2 ** 20;

function isTooLarge(actions: readonly TransactionAction[]): boolean {
  return actions.length > 3 && JSON.stringify(actions).length > MAX_TRANSACTION_LENGTH;
}

type Row = ReturnType<typeof toRow>;

/** A delivery's row, and the insertion of a ready row if it may still be taken. Both have the same JSON, made once. */
function rowsOf(delivery: Delivery, writeId: string): { row: Row; ready: TransactionAction[] } {
  const { queueId, id, file, state } = delivery;
  const stored = toRow(deliveryKey(queueId, id), storable(delivery), writeId);
  const row = {
    ...stored,
    // values that narrow lists stand in their own properties
    state,
    ...(delivery.subscriptionId === undefined ? {} : { subscriptionId: delivery.subscriptionId }),
    ...(delivery.unfetched === true ? { unfetched: "yes" } : {}),
    externalId: fileName(file),
    correlationId: file.correlationId,
  };
  const isReady = isTakeable(delivery);
  return { row, ready: isReady ? [["create", { ...stored, ...readyKey(delivery) }]] : [] };
}

/**
 * The delivery without the notes beside it, which may be newer. Its queue has the name that it had in the first version,
 * so that every version reads what another one wrote.
 */
function storable({ queueId: activityId, ...delivery }: Delivery): object {
  const { downloadedAt: _, ...alone } = { downloadedAt: null, ...delivery };
  return { ...alone, activityId };
}

function fromDeliveryRow(row: Readonly<Record<string, unknown>>): Delivery {
  const { activityId: queueId, ...delivery } = fromRow<
    Omit<Delivery, "queueId"> & { activityId: QueueId }
  >(row);
  return { ...delivery, queueId };
}

/** For a merge, which keeps properties that it does not name: an empty part ends a text that was longer before. */
function forMerge(row: Row): Row {
  let parts = 1;
  while (row[`json${parts}`] !== undefined) {
    parts++;
  }
  return { unfetched: "", ...row, [`json${parts}`]: "" };
}

function trackedDelivery(row: NonNullable<Awaited<ReturnType<typeof getRow>>>): TrackedDelivery {
  const { downloadedAt } = row;
  return {
    ...fromDeliveryRow(row),
    downloadedAt: downloadedAt instanceof Date ? downloadedAt : null,
  };
}

function conditions({
  subscriptionId,
  states,
  unfetched,
  from,
  to,
  externalId,
  correlationId,
}: DeliveryQuery): string[] {
  return [
    subscriptionId && odata`subscriptionId eq ${subscriptionId}`,
    states && `(${states.map((state) => odata`state eq ${state}`).join(" or ")})`,
    unfetched === true && odata`unfetched eq ${"yes"}`,
    // a file published earlier than `to` has a higher key than every file published at `to`
    to && odata`RowKey ge ${DELIVERY + descending(to.getTime() - 1)}`,
    from && odata`RowKey lt ${DELIVERY + descending(from.getTime() - 1)}`,
    externalId && odata`externalId eq ${externalId}`,
    correlationId &&
      odata`(correlationId eq ${correlationId} or RowKey eq ${deliveryKey("", correlationId).rowKey})`,
  ].filter((condition) => typeof condition === "string");
}

/** @returns false when it failed because a row is not in the required state */
async function unlessRow(
  isExpected: (error: unknown) => boolean,
  write: Promise<unknown>,
): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (isExpected(error)) {
      return false;
    }
    throw error;
  }
}

const DELIVERY = "message:";

function deliveryKey(queueId: string, deliveryId: string): Key {
  // the first 48 bits of a delivery's id are its file's time
  const publishedMs = Number.parseInt(deliveryId.replaceAll("-", "").slice(0, 12), 16);
  return {
    partitionKey: queueId,
    rowKey: `${DELIVERY}${descending(publishedMs)}:${deliveryId}`,
  };
}

function readyKey(delivery: Delivery): Key {
  const sequence = placeOf(delivery.file.sequence);
  const position = ascending(delivery.position.getTime());
  return {
    partitionKey: delivery.queueId,
    rowKey: `ready:${position}:${sequence}:${delivery.id}:${delivery.revision}`,
  };
}

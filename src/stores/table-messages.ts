import { randomUUID } from "node:crypto";
import { odata, type TableClient, type TransactionAction } from "@azure/data-tables";
import { isTakeable, type Message } from "../domain/deliveries/message.ts";
import type {
  MessageChange,
  MessageQuery,
  Messages,
  TrackedMessage,
} from "../domain/deliveries/messages.ts";
import { fileName } from "../domain/ledger/ledger-entry.ts";
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
 * The queues of all connectors in one table. PartitionKey = activity id.
 *
 *   message:<published, descending>:<message id>        what became of the message; kept
 *   ready:<position, ms>:<sequence>:<message id>:<revision>   exists while somebody may still take it
 *
 * A message that may be taken changes by deleting its ready row and inserting one with another key, in the transaction
 * that also writes the message row. No key ever comes back, so the deletion of a row that is gone fails the transaction
 * of everybody but the first: that is the whole guard, and it needs no ETag (which a batched delete would ignore). Only
 * where there is no ready row, as when an operator sends an acknowledged message back, the message row's ETag guards.
 *
 * Both rows hold the whole message, so that a dequeue costs one query and one transaction. Downloads are noted in a
 * property of the message row, which every other write leaves as it is.
 */
export function tableMessages(table: TableClient): Messages {
  return {
    insert: async (message) => {
      const written = { key: messageKey(message.activityId, message.id), writeId: randomUUID() };
      const { row, ready } = rowsOf(message, written.writeId);
      return commitOnce(table, [["create", row], ...ready], written);
    },

    find: async (activityId, messageId) => {
      const row = await getRow(table, messageKey(activityId, messageId));
      return row === null ? null : trackedMessage(row);
    },

    ready: async (activityId, { now, limit, ordered }) => {
      const end = ordered ? "ready;" : `ready:${milliseconds(now.getTime() + 1)}`;
      const filter = odata`PartitionKey eq ${activityId} and RowKey ge ${"ready:"} and RowKey lt ${end}`;
      const rows = await firstRows(table, filter, limit);
      return rows.map((row) => fromRow<Message>(row));
    },

    replace: async (before, after) =>
      isTakeable(before)
        ? replaceTakeable(table, [{ before, after }])
        : replaceSettled(table, before, after),

    replaceAll: async (changes) => replaceTakeable(table, changes),

    noteDownload: async (message, at) => {
      const key = messageKey(message.activityId, message.id);
      const note = { ...key, downloadedAt: at };
      await unlessRow(isRowMissing, table.updateEntity(note, "Merge"));
    },

    delete: async (message) => {
      const key = messageKey(message.activityId, message.id);
      const row = await getRow(table, key);
      if (row === null) {
        return true;
      }
      if (fromRow<Message>(row).revision !== message.revision) {
        return false;
      }
      const { partitionKey, rowKey } = key;
      const deletion = table.deleteEntity(partitionKey, rowKey, { etag: row.etag });
      // gone since it was read, perhaps by this very request, repeated after a lost answer
      return (await unlessRow(isRowConflict, deletion)) || (await getRow(table, key)) === null;
    },

    list: async (activityId, query) => {
      const range = { partitionKey: activityId, prefix: MESSAGE, page: query };
      const where = conditions(query).join(" and ");
      return pageOfRows(table, { ...range, ...(where === "" ? {} : { where }) }, trackedMessage);
    },
  };
}

/** All changes in one transaction, guarded by the ready rows. */
async function replaceTakeable(
  table: TableClient,
  changes: readonly MessageChange[],
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
  const { activityId, id } = first.after;
  return commitOnce(table, actions, { key: messageKey(activityId, id), writeId });
}

/** A change to a message that has no ready row. */
async function replaceSettled(
  table: TableClient,
  before: Message,
  after: Message,
): Promise<boolean> {
  const key = messageKey(after.activityId, after.id);
  const row = await getRow(table, key);
  if (row === null || fromRow<Message>(row).revision !== before.revision) {
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

/** A transaction holds 4 MiB; several messages of such a size go one by one. */
const MAX_TRANSACTION_LENGTH = 2 ** 20;

function isTooLarge(actions: readonly TransactionAction[]): boolean {
  return actions.length > 3 && JSON.stringify(actions).length > MAX_TRANSACTION_LENGTH;
}

type Row = ReturnType<typeof toRow>;

/** A message's row, and the insertion of a ready row if somebody may still take it. Both have the same JSON, made once. */
function rowsOf(message: Message, writeId: string): { row: Row; ready: TransactionAction[] } {
  const { activityId, id, file, state } = message;
  const stored = toRow(messageKey(activityId, id), untracked(message), writeId);
  const row = {
    ...stored,
    // what lists can be narrowed by stands in properties of its own
    state,
    ...(message.unfetched === true ? { unfetched: "yes" } : {}),
    externalId: fileName(file),
    correlationId: file.correlationId,
  };
  const isReady = isTakeable(message);
  return { row, ready: isReady ? [["create", { ...stored, ...readyKey(message) }]] : [] };
}

/** The message alone: what is noted beside it may be newer than what was read. */
function untracked(message: Message): Message {
  const { downloadedAt: _, ...alone } = { downloadedAt: null, ...message };
  return alone;
}

/** For a merge, which keeps what it does not name: the rest of a text that was longer is cut off by an empty part. */
function forMerge(row: Row): Row {
  let parts = 1;
  while (row[`json${parts}`] !== undefined) {
    parts++;
  }
  return { unfetched: "", ...row, [`json${parts}`]: "" };
}

function trackedMessage(row: NonNullable<Awaited<ReturnType<typeof getRow>>>): TrackedMessage {
  const { downloadedAt } = row;
  return {
    ...fromRow<Message>(row),
    downloadedAt: downloadedAt instanceof Date ? downloadedAt : null,
  };
}

function conditions({
  states,
  unfetched,
  from,
  to,
  externalId,
  correlationId,
}: MessageQuery): string[] {
  return [
    states && `(${states.map((state) => odata`state eq ${state}`).join(" or ")})`,
    unfetched === true && odata`unfetched eq ${"yes"}`,
    // published earlier than `to` is a higher key than everything published at `to`
    to && odata`RowKey ge ${MESSAGE + descending(to.getTime() - 1)}`,
    from && odata`RowKey lt ${MESSAGE + descending(from.getTime() - 1)}`,
    externalId && odata`externalId eq ${externalId}`,
    correlationId &&
      odata`(correlationId eq ${correlationId} or RowKey eq ${messageKey("", correlationId).rowKey})`,
  ].filter((condition) => typeof condition === "string");
}

/** @returns false when it failed because a row is not as it had to be */
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

const MESSAGE = "message:";

function messageKey(activityId: string, messageId: string): Key {
  // the first 48 bits of a message's id are its file's time
  const publishedMs = Number.parseInt(messageId.replaceAll("-", "").slice(0, 12), 16);
  return { partitionKey: activityId, rowKey: `${MESSAGE}${descending(publishedMs)}:${messageId}` };
}

function readyKey(message: Message): Key {
  const sequence = String(message.file.sequence).padStart(12, "0");
  const position = milliseconds(message.position.getTime());
  return {
    partitionKey: message.activityId,
    rowKey: `ready:${position}:${sequence}:${message.id}:${message.revision}`,
  };
}

function milliseconds(ms: number): string {
  return String(ms).padStart(15, "0");
}

/** Tables sort ascending only; the newest first means counting down. */
function descending(ms: number): string {
  return milliseconds(999_999_999_999_999 - ms);
}

import { createHash, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import {
  odata,
  type TableClient,
  type TableEntityResult,
  type TransactionAction,
} from "@azure/data-tables";
import { AppError } from "../domain/errors.ts";
import { type InboundMessage, isOwed } from "../domain/imports/inbound-message.ts";
import type { Claim, Inbox } from "../domain/ports.ts";
import {
  commit,
  commitOnce,
  firstRows,
  fromRow,
  getRow,
  type Key,
  pageOfRows,
  toRow,
} from "./table-rows.ts";

/**
 * The files that were handed in, all in one table. PartitionKey = activity id.
 *
 *   message:<time, descending>:<message id>      what became of the message; kept
 *   owed:<sequence>:<message id>:<revision>      exists while a run is owed
 *   claim:<hash>                                 which message an execution id, upload or content belongs to
 *   counter                                      last place given out in an ordered connector
 *
 * A message changes by deleting its owed row and inserting one under another key, in the transaction that also writes
 * the message row. No key ever comes back, so the deletion of a row that is gone fails the transaction of everybody
 * but the first. Both rows hold the whole message, so that a sweep costs one query.
 *
 * Ids alone lead to the connector by rows of their own partitions, `id:<hash>`. They are written before the message,
 * and say where to look, not what there is: an id that was given out is never unknown, and one that a crash left
 * without a message leads nowhere.
 */
export function tableInbox(table: TableClient): Inbox {
  return {
    insert: async (message, { ordered, claims }) => {
      const own = [message.clientExecutionId ?? []].flat();
      for (const id of [message.id, message.executionId, ...own]) {
        await indexId(table, id, message.activityId);
      }
      const all = [...claims, ...own.map(executionClaim)];
      for (let attempt = 0; attempt < 50; attempt++) {
        const stored = await tryInsert(table, message, { ordered, claims: all });
        if (stored !== null) {
          return stored;
        }
        // many files at once for one ordered connector: spread them, so that each round has a winner
        await delay(Math.random() * 10 * attempt);
      }
      throw new Error(`Cannot store message "${message.id}": its connector is too busy`);
    },

    find: async (id) => {
      const index = await getRow(table, indexKey(id));
      if (index === null) {
        return null;
      }
      const { activityId } = fromRow<{ activityId: string }>(index);
      const { key } = executionClaim(id);
      return (
        (await findMessage(table, activityId, id)) ??
        (await findClaimed(table, { activityId, key, now: null }))
      );
    },

    findClaim: async (activityId, key, now) => findClaimed(table, { activityId, key, now }),

    replace: async (before, after) => {
      if (before.executionId !== after.executionId) {
        await indexId(table, after.executionId, after.activityId);
      }
      const written = { key: messageKey(after.activityId, after.id), writeId: randomUUID() };
      return commitOnce(table, replacement(before, after, written.writeId), written);
    },

    owed: async (activityId, limit) => owedFrom(table, { activityId, from: "owed:", limit }),

    nextInOrder: async (activityId) => {
      const from = `owed:${placeOf(1)}`;
      const [next] = await owedFrom(table, { activityId, from, limit: 1 });
      return next ?? null;
    },

    list: async (activityId, state, page) =>
      pageOfRows<InboundMessage>(table, {
        partitionKey: activityId,
        prefix: "message:",
        page,
        ...(state === null ? {} : { where: odata`state eq ${state}` }),
      }),
  };
}

async function owedFrom(
  table: TableClient,
  { activityId, from, limit }: { activityId: string; from: string; limit: number },
): Promise<readonly InboundMessage[]> {
  const filter = odata`PartitionKey eq ${activityId} and RowKey ge ${from} and RowKey lt ${"owed;"}`;
  const rows = await firstRows(table, filter, limit);
  return rows.map((row) => fromRow<InboundMessage>(row));
}

function replacement(
  before: InboundMessage,
  after: InboundMessage,
  writeId: string,
): TransactionAction[] {
  const actions: TransactionAction[] = [
    ["update", messageRow(after, writeId), "Replace"],
    isOwed(before)
      ? ["delete", { ...owedKey(before) }]
      : // nothing is left to delete, so the change claims the version that it was made from
        claimed({ key: `version:${before.id}:${before.revision}`, until: null }, after, null),
  ];
  if (isOwed(after)) {
    actions.push(["create", toRow(owedKey(after), after)]);
  }
  if (before.executionId !== after.executionId) {
    actions.push(claimed(executionClaim(after.executionId), after, null));
  }
  return actions;
}

/** @returns null when somebody else got in between: their claim or their place; to be tried again */
async function tryInsert(
  table: TableClient,
  draft: InboundMessage,
  { ordered, claims }: { ordered: boolean; claims: readonly Claim[] },
): Promise<InboundMessage | null> {
  const { activityId, receivedAt: now } = draft;
  const actions: TransactionAction[] = [];
  for (const claim of claims) {
    const row = await getRow(table, claimKey(activityId, claim.key));
    const holder = row === null ? null : await holderOf(table, { activityId, row, now });
    if (holder !== null) {
      return holder;
    }
    actions.push(claimed(claim, draft, row));
  }
  const counter = ordered ? await getRow(table, counterKey(activityId)) : null;
  const sequence = ordered ? lastPlace(counter) + 1 : null;
  const message: InboundMessage = { ...draft, sequence };
  const written = { key: messageKey(activityId, message.id), writeId: randomUUID() };
  actions.push(
    ["create", messageRow(message, written.writeId)],
    ["create", toRow(owedKey(message), message)],
    claimed(executionClaim(message.executionId), message, null),
  );
  if (sequence !== null) {
    actions.push(counted(counter, activityId, sequence));
  }
  return (await commitOnce(table, actions, written)) ? message : null;
}

type Stored = TableEntityResult<Record<string, unknown>>;

interface ClaimRow {
  readonly messageId: string;
  readonly until: Date | null;
}

/** The message that a claim's row names, unless the claim has run out; without `now` it never does. */
async function holderOf(
  table: TableClient,
  { activityId, row, now }: { activityId: string; row: Stored; now: Date | null },
): Promise<InboundMessage | null> {
  const { messageId, until } = fromRow<ClaimRow>(row);
  const hasEnded = now !== null && until !== null && until <= now;
  return hasEnded ? null : findMessage(table, activityId, messageId);
}

async function findClaimed(
  table: TableClient,
  { activityId, key, now }: { activityId: string; key: string; now: Date | null },
): Promise<InboundMessage | null> {
  const row = await getRow(table, claimKey(activityId, key));
  return row === null ? null : holderOf(table, { activityId, row, now });
}

async function findMessage(
  table: TableClient,
  activityId: string,
  id: string,
): Promise<InboundMessage | null> {
  const row = GUID_REGEXP.test(id) ? await getRow(table, messageKey(activityId, id)) : null;
  return row === null ? null : fromRow<InboundMessage>(row);
}

/** @param row what is there now: an ended claim, or nothing */
function claimed(claim: Claim, message: InboundMessage, row: Stored | null): TransactionAction {
  const value: ClaimRow = { messageId: message.id, until: claim.until };
  const claimRow = toRow(claimKey(message.activityId, claim.key), value);
  return row === null
    ? ["create", claimRow]
    : ["update", claimRow, "Replace", { etag: String(row.etag) }];
}

/** An execution id is a claim that never ends; those of partners are written as they like. */
function executionClaim(executionId: string): Claim {
  return { key: `execution:${executionId.toLowerCase()}`, until: null };
}

async function indexId(table: TableClient, id: string, activityId: string): Promise<void> {
  const key = indexKey(id);
  if (await commit(table, [["create", toRow(key, { activityId })]])) {
    return;
  }
  const row = await getRow(table, key);
  if (row === null || fromRow<{ activityId: string }>(row).activityId !== activityId) {
    throw new AppError(
      "execution-id-taken",
      `Cannot take execution id "${id}": another connector has it; choose a new one, such as a GUID`,
    );
  }
}

function counted(counter: Stored | null, activityId: string, last: number): TransactionAction {
  const row = toRow(counterKey(activityId), { last });
  return counter === null
    ? ["create", row]
    : ["update", row, "Replace", { etag: String(counter.etag) }];
}

function lastPlace(counter: Stored | null): number {
  return counter === null ? 0 : fromRow<{ last: number }>(counter).last;
}

/** The state stands in a property of its own, so that lists can be narrowed by it. */
function messageRow(message: InboundMessage, writeId: string): ReturnType<typeof toRow> {
  const key = messageKey(message.activityId, message.id);
  return { ...toRow(key, message, writeId), state: message.state };
}

const GUID_REGEXP = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function messageKey(activityId: string, messageId: string): Key {
  // the first 48 bits of a time-ordered GUID are its time (RFC 9562 section 5.7)
  const receivedMs = Number.parseInt(messageId.replaceAll("-", "").slice(0, 12), 16);
  const descending = String(999_999_999_999_999 - receivedMs).padStart(15, "0");
  return { partitionKey: activityId, rowKey: `message:${descending}:${messageId}` };
}

function owedKey({ activityId, sequence, id, revision }: InboundMessage): Key {
  return { partitionKey: activityId, rowKey: `owed:${placeOf(sequence ?? 0)}:${id}:${revision}` };
}

function placeOf(sequence: number): string {
  return String(sequence).padStart(12, "0");
}

function claimKey(activityId: string, key: string): Key {
  return { partitionKey: activityId, rowKey: `claim:${hashOf(key)}` };
}

function counterKey(activityId: string): Key {
  return { partitionKey: activityId, rowKey: "counter" };
}

function indexKey(id: string): Key {
  return { partitionKey: `id:${hashOf(id.toLowerCase())}`, rowKey: "at" };
}

/** Keys must not hold everything that ids of partners may. */
function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

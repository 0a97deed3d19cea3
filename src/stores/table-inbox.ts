import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { odata, type TableClient, type TransactionAction } from "@azure/data-tables";
import { UnavailableError } from "../domain/errors.ts";
import { type InboundMessage, isOwed } from "../domain/submissions/inbound-message.ts";
import type { Claim, Inbox } from "../domain/submissions/inbox.ts";
import {
  claimActions,
  executionClaim,
  findClaimed,
  findMessage,
  keeperOf,
  type Stored,
} from "./table-inbox-claims.ts";
import { deleteEndedClaims, deleteMessage } from "./table-inbox-deletion.ts";
import { hear, heardOf } from "./table-inbox-heard.ts";
import {
  CONNECTORS,
  childKey,
  childPrefix,
  claimKey,
  connectorKey,
  counterKey,
  indexKey,
  MESSAGE_PREFIX,
  messageKey,
  owedKey,
  placeOf,
  receivedBeforeKey,
} from "./table-inbox-keys.ts";
import { findAt, findEverywhere, isOwnId } from "./table-inbox-lookup.ts";
import {
  commitOnce,
  firstRows,
  fromRow,
  getRow,
  type Key,
  pageOfRows,
  rowsWithPrefix,
  toRow,
} from "./table-rows.ts";

/**
 * The files that were handed in, all in one table. PartitionKey = activity id.
 *
 *   message:<time, descending>:<message id>      what became of the message; kept until an operator cleans up
 *   owed:<sequence>:<message id>:<revision>      exists while a run is owed
 *   child:<message id>:<message id>              the second brings mended rows of the first
 *   claim:<hash>                                 whose the name of a request or another execution id is
 *   ends:<time>:claim:<hash>                     when a claim ends; it is deleted then
 *   of:<message id>:claim:<hash>                 a claim without an end; it is deleted with the message
 *   heard:<message id>                           that its partner asked for it, and repeated its request
 *   counter                                      last place given out in an ordered connector
 *
 * A message changes by deleting its owed row and inserting one under another key, in the transaction that also writes
 * the message row. No key ever comes back, so the deletion of a row that is gone fails the transaction of everybody
 * but the first. Both rows hold the whole message, so that a sweep costs one query.
 *
 * Ids alone lead to their connectors by rows of their own partitions: `id:<hash>`, a row for each connector, since
 * partners make ids of their own and know nothing of each other's. They are written before the message, and say where
 * to look, not what there is: an id that was given out is never unknown, and one that a crash left without a message
 * leads nowhere. One more partition, `connectors`, lists the connectors, also those that were deleted.
 */
export function tableInbox(table: TableClient): Inbox {
  const listed = new Set<string>();
  return {
    insert: async (message, { ordered, claims }) => {
      await listConnector(table, message.activityId, listed);
      const own = [message.clientExecutionId ?? []].flat();
      await Promise.all([message.id, ...own].map((id) => indexId(table, id, message.activityId)));
      const all = [...claims, ...own.map(executionClaim)];
      for (let attempt = 0; attempt < 50; attempt++) {
        const stored = await tryInsert(table, message, { ordered, claims: all });
        if (stored !== null) {
          return stored;
        }
        // many files at once for one ordered connector: spread them, so that each round has a winner
        await delay(Math.random() * 10 * attempt);
      }
      throw new UnavailableError(`Cannot store message "${message.id}": its connector is too busy`);
    },

    get: async (activityId, id) => findMessage(table, activityId, id),

    find: async (id) => {
      const found = await findEverywhere(table, id);
      return found.find((message) => isOwnId(message, id)) ?? found[0] ?? null;
    },

    findEach: async (id) => findEverywhere(table, id),

    findAt: async (activityId, id) => findAt(table, activityId, id),

    findClaim: async (activityId, key, now) => findClaimed(table, { activityId, key, now }),

    heard: async (message) => heardOf(table, message),

    hear: async (message, change) => hear(table, message, change),

    replace: async (before, after) => {
      if (before.executionId !== after.executionId) {
        await indexId(table, after.executionId, after.activityId);
      }
      const written = { key: keyOf(after), writeId: randomUUID() };
      return commitOnce(table, replacement(before, after, written.writeId), written);
    },

    owed: async (activityId, limit) => owedFrom(table, { activityId, from: "owed:", limit }),

    nextInOrder: async (activityId) => {
      const from = `owed:${placeOf(1)}`;
      const [next] = await owedFrom(table, { activityId, from, limit: 1 });
      return next ?? null;
    },

    list: async (activityId, state, page) => {
      const { receivedBefore } = page;
      const where = [
        ...(state === null ? [] : [odata`state eq ${state}`]),
        ...(receivedBefore === undefined
          ? []
          : [odata`RowKey ge ${receivedBeforeKey(receivedBefore)}`]),
      ].join(" and ");
      const range = { partitionKey: activityId, prefix: MESSAGE_PREFIX, page };
      return pageOfRows<InboundMessage>(table, where === "" ? range : { ...range, where });
    },

    children: async (activityId, parentIds) => childrenOf(table, activityId, parentIds),

    connectors: async () => connectorsOf(table),

    deleteEndedClaims: async (activityId, now, limit) =>
      deleteEndedClaims(table, { activityId, now, limit }),

    delete: async (message) => deleteMessage(table, message),
  };
}

/** Once for each connector and process. */
async function listConnector(
  table: TableClient,
  activityId: string,
  listed: Set<string>,
): Promise<void> {
  if (!listed.has(activityId)) {
    await table.upsertEntity(toRow(connectorKey(activityId), { activityId }), "Replace");
    listed.add(activityId);
  }
}

async function connectorsOf(table: TableClient): Promise<string[]> {
  const ids: string[] = [];
  for await (const row of rowsWithPrefix(table, CONNECTORS, "")) {
    ids.push(fromRow<{ activityId: string }>(row).activityId);
  }
  return ids;
}

async function childrenOf(
  table: TableClient,
  activityId: string,
  parentIds: readonly string[],
): Promise<InboundMessage[]> {
  const wanted = new Set(parentIds);
  const sorted = [...wanted].sort();
  const [first, last] = [sorted.at(0), sorted.at(-1)];
  if (first === undefined || last === undefined) {
    return [];
  }
  const range = odata`RowKey ge ${childPrefix(first)} and RowKey lt ${`${childPrefix(last)}~`}`;
  const filter = `${odata`PartitionKey eq ${activityId}`} and ${range}`;
  const children: InboundMessage[] = [];
  for await (const row of table.listEntities<Record<string, unknown>>({
    queryOptions: { filter },
  })) {
    const { id, parentId } = fromRow<{ id: string; parentId: string }>(row);
    const child = wanted.has(parentId) ? await findMessage(table, activityId, id) : null;
    children.push(...(child === null ? [] : [child]));
  }
  return children;
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
  const actions: TransactionAction[] = [["update", messageRow(after, writeId), "Replace"]];
  if (isOwed(before)) {
    actions.push(["delete", { ...owedKey(before) }]);
  } else {
    // nothing is left to delete, so the change claims the version that it was made from
    const version = { key: `version:${before.id}:${before.revision}`, until: null };
    actions.push(...claimActions(version, after, null));
  }
  if (isOwed(after)) {
    actions.push(["create", toRow(owedKey(after), after)]);
  }
  if (before.executionId !== after.executionId) {
    actions.push(...claimActions(executionClaim(after.executionId), after, null));
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
    const keeper = row === null ? null : await keeperOf(table, claim, { activityId, row, now });
    if (keeper !== null) {
      return keeper;
    }
    actions.push(...claimActions(claim, draft, row));
  }
  const counter = ordered ? await getRow(table, counterKey(activityId)) : null;
  const sequence = ordered ? lastPlace(counter) + 1 : null;
  const message: InboundMessage = { ...draft, sequence };
  const written = { key: keyOf(message), writeId: randomUUID() };
  actions.push(
    ["create", messageRow(message, written.writeId)],
    ["create", toRow(owedKey(message), message)],
  );
  if (message.parentId !== null) {
    const { id, parentId } = message;
    actions.push(["create", toRow(childKey(activityId, parentId, id), { id, parentId })]);
  }
  if (sequence !== null) {
    actions.push(counted(counter, activityId, sequence));
  }
  return (await commitOnce(table, actions, written)) ? message : null;
}

async function indexId(table: TableClient, id: string, activityId: string): Promise<void> {
  await table.upsertEntity(toRow(indexKey(id, activityId), { activityId }), "Replace");
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
  return { ...toRow(keyOf(message), message, writeId), state: message.state };
}

/** @throws Error when the id is none of ours */
function keyOf({ activityId, id }: InboundMessage): Key {
  const key = messageKey(activityId, id);
  if (key === null) {
    throw new Error(`Cannot store message "${id}": its id is not a GUID`);
  }
  return key;
}

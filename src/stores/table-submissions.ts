import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { odata, type TableClient, type TransactionAction } from "@azure/data-tables";
import { UnavailableError } from "../domain/errors.ts";
import type { Page } from "../domain/page.ts";
import { isOwed, type Submission } from "../domain/submissions/submission.ts";
import type { SubmissionState } from "../domain/submissions/submission-api.ts";
import type { Claim, SubmissionPage, Submissions } from "../domain/submissions/submissions.ts";
import { placeOf } from "./row-keys.ts";
import { fromNamedRow, toNamedRow } from "./stored-names.ts";
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
import {
  claimActions,
  executionClaim,
  findClaimed,
  findStored,
  keeperOf,
  type Stored,
} from "./table-submission-claims.ts";
import { deleteEndedClaims, deleteSubmission } from "./table-submission-deletion.ts";
import { hear, heardOf } from "./table-submission-heard.ts";
import {
  CONNECTOR_LIST,
  childKey,
  childPrefix,
  claimKey,
  connectorKey,
  counterKey,
  indexKey,
  owedKey,
  receivedBeforeKey,
  SUBMISSION_PREFIX,
  submissionKey,
} from "./table-submission-keys.ts";
import { findAt, findEverywhere, isOwnId } from "./table-submission-lookup.ts";

/**
 * The received files, all in one table. PartitionKey = connector id.
 *
 *   message:<time, descending>:<submission id>      what became of the submission; kept until an operator cleans up
 *   owed:<sequence>:<submission id>:<revision>      exists while a run is owed
 *   child:<submission id>:<submission id>              the second brings mended rows of the first
 *   claim:<hash>                                 whose the name of a request or another execution id is
 *   ends:<time>:claim:<hash>                     when a claim ends; it is deleted then
 *   of:<submission id>:claim:<hash>                 a claim without an end; it is deleted with the submission
 *   heard:<submission id>                           that its partner asked for it, and repeated its request
 *   counter                                      last place given out in an ordered connector
 *
 * A submission changes by deleting its owed row and inserting one under another key, in the transaction that also
 * writes the submission row. No key ever comes back. So if the row is gone, the transaction fails for all except the
 * first. Both rows hold the whole submission, so that a sweep costs one query.
 *
 * Rows in partitions of their own lead from an id to its connectors: `id:<hash>`, a row for each connector, because
 * partners choose ids independently. They are written before the submission, and say where to look, not what exists. So
 * an id that was given out is never unknown. After a crash an id without a submission leads nowhere. One more
 * partition, `connectors`, lists the connectors, deleted ones included.
 */
export function tableSubmissions(table: TableClient): Submissions {
  const listed = new Set<string>();
  return {
    insert: async (submission, { ordered, claims }) => {
      await listConnector(table, submission.connectorId, listed);
      const own = [submission.clientExecutionId ?? []].flat();
      await Promise.all(
        [submission.id, ...own].map((id) => indexId(table, id, submission.connectorId)),
      );
      const all = [...claims, ...own.map(executionClaim)];
      for (let attempt = 0; attempt < 50; attempt++) {
        const stored = await tryInsert(table, submission, { ordered, claims: all });
        if (stored !== null) {
          return stored;
        }
        // many files at once for one ordered connector: random delays give each round a winner
        await delay(Math.random() * 10 * attempt);
      }
      throw new UnavailableError(
        `Cannot store submission "${submission.id}": its connector is too busy`,
      );
    },

    get: async (connectorId, id) => findStored(table, connectorId, id),

    find: async (id) => {
      const found = await findEverywhere(table, id);
      return found.find((submission) => isOwnId(submission, id)) ?? found[0] ?? null;
    },

    findEach: async (id) => findEverywhere(table, id),

    findAt: async (connectorId, id) => findAt(table, connectorId, id),

    findClaim: async (connectorId, key, now) => findClaimed(table, { connectorId, key, now }),

    heard: async (submission) => heardOf(table, submission),

    hear: async (submission, change) => hear(table, submission, change),

    replace: async (before, after) => {
      if (before.executionId !== after.executionId) {
        await indexId(table, after.executionId, after.connectorId);
      }
      const written = { key: keyOf(after), writeId: randomUUID() };
      return commitOnce(table, replacement(before, after, written.writeId), written);
    },

    owed: async (connectorId, limit) => owedFrom(table, { connectorId, from: "owed:", limit }),

    nextInOrder: async (connectorId) => {
      const from = `owed:${placeOf(1)}`;
      const [next] = await owedFrom(table, { connectorId, from, limit: 1 });
      return next ?? null;
    },

    list: async (connectorId, state, page) => listOf(table, { connectorId, state, page }),

    children: async (connectorId, parentIds) => childrenOf(table, connectorId, parentIds),

    connectors: async () => connectorsOf(table),

    deleteEndedClaims: async (connectorId, now, limit) =>
      deleteEndedClaims(table, { connectorId, now, limit }),

    delete: async (submission) => deleteSubmission(table, submission),
  };
}

/** A list narrowed by properties and keys. */
async function listOf(
  table: TableClient,
  asked: { connectorId: string; state: SubmissionState | null; page: SubmissionPage },
): Promise<Page<Submission>> {
  const { connectorId, state, page } = asked;
  const { receivedBefore } = page;
  const where = [
    ...(state === null ? [] : [odata`state eq ${state}`]),
    ...(receivedBefore === undefined
      ? []
      : [odata`RowKey ge ${receivedBeforeKey(receivedBefore)}`]),
  ].join(" and ");
  const range = { partitionKey: connectorId, prefix: SUBMISSION_PREFIX, page };
  const narrowed = where === "" ? range : { ...range, where };
  return pageOfRows(table, narrowed, fromNamedRow<Submission>);
}

/** Once for each connector and process. */
async function listConnector(
  table: TableClient,
  connectorId: string,
  listed: Set<string>,
): Promise<void> {
  if (!listed.has(connectorId)) {
    await table.upsertEntity(toNamedRow(connectorKey(connectorId), { connectorId }), "Replace");
    listed.add(connectorId);
  }
}

async function connectorsOf(table: TableClient): Promise<string[]> {
  const ids: string[] = [];
  for await (const row of rowsWithPrefix(table, CONNECTOR_LIST, "")) {
    ids.push(fromNamedRow<{ connectorId: string }>(row).connectorId);
  }
  return ids;
}

async function childrenOf(
  table: TableClient,
  connectorId: string,
  parentIds: readonly string[],
): Promise<Submission[]> {
  const wanted = new Set(parentIds);
  const sorted = [...wanted].sort();
  const [first, last] = [sorted.at(0), sorted.at(-1)];
  if (first === undefined || last === undefined) {
    return [];
  }
  const range = odata`RowKey ge ${childPrefix(first)} and RowKey lt ${`${childPrefix(last)}~`}`;
  const filter = `${odata`PartitionKey eq ${connectorId}`} and ${range}`;
  const children: Submission[] = [];
  for await (const row of table.listEntities<Record<string, unknown>>({
    queryOptions: { filter },
  })) {
    const { id, parentId } = fromRow<{ id: string; parentId: string }>(row);
    const child = wanted.has(parentId) ? await findStored(table, connectorId, id) : null;
    children.push(...(child === null ? [] : [child]));
  }
  return children;
}

async function owedFrom(
  table: TableClient,
  { connectorId, from, limit }: { connectorId: string; from: string; limit: number },
): Promise<readonly Submission[]> {
  const filter = odata`PartitionKey eq ${connectorId} and RowKey ge ${from} and RowKey lt ${"owed;"}`;
  const rows = await firstRows(table, filter, limit);
  return rows.map((row) => fromNamedRow<Submission>(row));
}

function replacement(before: Submission, after: Submission, writeId: string): TransactionAction[] {
  const actions: TransactionAction[] = [["update", submissionRow(after, writeId), "Replace"]];
  if (isOwed(before)) {
    actions.push(["delete", { ...owedKey(before) }]);
  } else {
    // nothing is left to delete, so the change claims the version that it was made from
    const version = { key: `version:${before.id}:${before.revision}`, until: null };
    actions.push(...claimActions(version, after, null));
  }
  if (isOwed(after)) {
    actions.push(["create", toNamedRow(owedKey(after), after)]);
  }
  if (before.executionId !== after.executionId) {
    actions.push(...claimActions(executionClaim(after.executionId), after, null));
  }
  return actions;
}

/** @returns null when another writer took the claim or the place; try again */
async function tryInsert(
  table: TableClient,
  draft: Submission,
  { ordered, claims }: { ordered: boolean; claims: readonly Claim[] },
): Promise<Submission | null> {
  const { connectorId, receivedAt: now } = draft;
  const actions: TransactionAction[] = [];
  for (const claim of claims) {
    const row = await getRow(table, claimKey(connectorId, claim.key));
    const keeper = row === null ? null : await keeperOf(table, claim, { connectorId, row, now });
    if (keeper !== null) {
      return keeper;
    }
    actions.push(...claimActions(claim, draft, row));
  }
  const counter = ordered ? await getRow(table, counterKey(connectorId)) : null;
  const sequence = ordered ? lastPlace(counter) + 1 : null;
  const submission: Submission = { ...draft, sequence };
  const written = { key: keyOf(submission), writeId: randomUUID() };
  actions.push(
    ["create", submissionRow(submission, written.writeId)],
    ["create", toNamedRow(owedKey(submission), submission)],
  );
  if (submission.parentId !== null) {
    const { id, parentId } = submission;
    actions.push(["create", toRow(childKey(connectorId, parentId, id), { id, parentId })]);
  }
  if (sequence !== null) {
    actions.push(counted(counter, connectorId, sequence));
  }
  return (await commitOnce(table, actions, written)) ? submission : null;
}

async function indexId(table: TableClient, id: string, connectorId: string): Promise<void> {
  await table.upsertEntity(toNamedRow(indexKey(id, connectorId), { connectorId }), "Replace");
}

function counted(counter: Stored | null, connectorId: string, last: number): TransactionAction {
  const row = toRow(counterKey(connectorId), { last });
  return counter === null
    ? ["create", row]
    : ["update", row, "Replace", { etag: String(counter.etag) }];
}

function lastPlace(counter: Stored | null): number {
  return counter === null ? 0 : fromRow<{ last: number }>(counter).last;
}

/** The state is also a property of its own, so that lists can be narrowed by it. */
function submissionRow(submission: Submission, writeId: string): ReturnType<typeof toRow> {
  return { ...toNamedRow(keyOf(submission), submission, writeId), state: submission.state };
}

/** @throws Error when Waybill did not make the id */
function keyOf({ connectorId, id }: Submission): Key {
  const key = submissionKey(connectorId, id);
  if (key === null) {
    throw new Error(`Cannot store submission "${id}": its id is not a GUID`);
  }
  return key;
}

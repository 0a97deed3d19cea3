import type { TableClient, TransactionAction } from "@azure/data-tables";
import type { Starts, SubscriptionStart } from "../domain/definitions/definition-store.ts";
import type { OwedStart, SubscriptionStates } from "../domain/deliveries/subscription-states.ts";
import type { TopicState, TopicStateDraft } from "../domain/deliveries/topics/topic-state.ts";
import { UnavailableError } from "../domain/errors.ts";
import {
  commit,
  commitOnce,
  deleteRow,
  deleteVersion,
  fromRow,
  getRow,
  type Key,
  rowsWithPrefix,
  type TableRow,
  toRow,
} from "./table-rows.ts";

/**
 * State of subscriptions besides their definitions, in the same partition of the table `definitions`.
 *
 * | RowKey | value |
 * |---|---|
 * | `~~stamp` | written anew by each change of a subscription; its `writeId` is the stamp |
 * | `~~starts:<id>` | number of the first file by file type |
 * | `~~topic:<id>` | its subscription of the topic, from before it exists until it is removed |
 * | `~~owed:<id>:<version>` | exists until the ledger has notes of the files with which that version begins |
 *
 * These keys stand above those of definitions and of their histories, because no id begins with `~`.
 */
export function tableSubscriptionStates(table: TableClient): SubscriptionStates {
  return {
    stamp: async () => String((await getRow(table, STAMP))?.writeId ?? ""),

    starts: async (subscriptionId) => {
      const row = await getRow(table, startsKey(subscriptionId));
      return row === null ? {} : fromRow<{ starts: Starts }>(row).starts;
    },

    allStarts: async () => {
      const starts = new Map<string, Starts>();
      for await (const row of rowsWithPrefix(table, PARTITION, STARTS)) {
        starts.set(
          String(row.rowKey).slice(STARTS.length),
          fromRow<{ starts: Starts }>(row).starts,
        );
      }
      return starts;
    },

    ...topicStates(table),

    owedStarts: async () => {
      const owed: OwedStart[] = [];
      for await (const row of rowsWithPrefix(table, PARTITION, OWED)) {
        owed.push(fromRow<OwedStart>(row));
      }
      return owed;
    },

    endOwedStart: async ({ subscriptionId, version }) =>
      deleteRow(table, owedKey(subscriptionId, version)),
  };
}

type TopicStates = Pick<
  SubscriptionStates,
  "topicStates" | "topicState" | "putTopicState" | "replaceTopicState" | "endTopicState"
>;

function topicStates(table: TableClient): TopicStates {
  const topicState = async (subscriptionId: string): Promise<TopicState | null> => {
    const row = await getRow(table, topicKey(subscriptionId));
    return row === null ? null : topicStateOf(row);
  };
  return {
    topicState,

    topicStates: async () => {
      const states: TopicState[] = [];
      for await (const row of rowsWithPrefix(table, PARTITION, TOPIC)) {
        states.push(topicStateOf(row));
      }
      return states;
    },

    putTopicState: async (state) => {
      await commit(table, [["create", toRow(topicKey(state.subscriptionId), state)]]);
      const stored = await topicState(state.subscriptionId);
      return stored ?? changedMeanwhile(state);
    },

    replaceTopicState: async ({ etag, ...before }, changes) => {
      const key = topicKey(before.subscriptionId);
      const row = toRow(key, { ...before, ...changes });
      const written = { key, writeId: String(row.writeId) };
      const isReplaced = await commitOnce(table, [["update", row, "Replace", { etag }]], written);
      const stored = isReplaced ? await getRow(table, key) : null;
      return stored !== null && stored.writeId === row.writeId
        ? topicStateOf(stored)
        : changedMeanwhile(before);
    },

    endTopicState: async (state) => {
      if (!(await deleteVersion(table, topicKey(state.subscriptionId), state.etag))) {
        changedMeanwhile(state);
      }
    },
  };
}

function topicStateOf(row: TableRow): TopicState {
  return { ...fromRow<TopicStateDraft>(row), etag: String(row.etag) };
}

function changedMeanwhile({ subscriptionId }: Pick<TopicState, "subscriptionId">): never {
  throw new UnavailableError(
    `Cannot note the state of subscription "${subscriptionId}": another worker has changed it`,
  );
}

/** Rows that change together with a subscription. */
export function stateRows(
  { id, version }: { readonly id: string; readonly version: number },
  start: SubscriptionStart | undefined,
): TransactionAction[] {
  const stamp: TransactionAction = ["upsert", toRow(STAMP, {}), "Replace"];
  if (start === undefined) {
    return [stamp];
  }
  const owed = { ...start.owed, subscriptionId: id, version };
  return [
    stamp,
    ["upsert", toRow(startsKey(id), { starts: start.starts }), "Replace"],
    ...(owesNothing(start)
      ? []
      : ([["upsert", toRow(owedKey(id, version), owed), "Replace"]] as TransactionAction[])),
  ];
}

function owesNothing({ owed }: SubscriptionStart): boolean {
  return Object.keys(owed.from).length === 0 && owed.families.length === 0;
}

const PARTITION = "subscriptions";
const STAMP: Key = { partitionKey: PARTITION, rowKey: "~~stamp" };
const STARTS = "~~starts:";
const OWED = "~~owed:";
const TOPIC = "~~topic:";

function topicKey(id: string): Key {
  return { partitionKey: PARTITION, rowKey: `${TOPIC}${id}` };
}

function startsKey(id: string): Key {
  return { partitionKey: PARTITION, rowKey: `${STARTS}${id}` };
}

function owedKey(id: string, version: number): Key {
  return { partitionKey: PARTITION, rowKey: `${OWED}${id}:${version}` };
}

import type { TableClient, TransactionAction } from "@azure/data-tables";
import type { Starts, SubscriptionStart } from "../domain/definitions/definition-store.ts";
import type { OwedStart, SubscriptionStates } from "../domain/deliveries/subscription-states.ts";
import { deleteRow, fromRow, getRow, type Key, rowsWithPrefix, toRow } from "./table-rows.ts";

/**
 * State of subscriptions besides their definitions, in the same partition of the table `definitions`.
 *
 * | RowKey | value |
 * |---|---|
 * | `~~stamp` | written anew by each change of a subscription; its `writeId` is the stamp |
 * | `~~starts:<id>` | number of the first file by file type |
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

function startsKey(id: string): Key {
  return { partitionKey: PARTITION, rowKey: `${STARTS}${id}` };
}

function owedKey(id: string, version: number): Key {
  return { partitionKey: PARTITION, rowKey: `${OWED}${id}:${version}` };
}

import { randomUUID } from "node:crypto";
import type { TableClient, TransactionAction } from "@azure/data-tables";
import type { InboundMessage } from "../domain/submissions/inbound-message.ts";
import { type Heard, NOTHING_HEARD } from "../domain/submissions/repetition.ts";
import { heardKey } from "./table-inbox-keys.ts";
import { commitOnce, fromRow, getRow, toRow } from "./table-rows.ts";

/** More than ever ask about one message at the same moment. */
const MAX_TRIES = 50;

export async function heardOf(table: TableClient, message: InboundMessage): Promise<Heard> {
  const row = await getRow(table, heardKey(message));
  return row === null ? NOTHING_HEARD : fromRow<Heard>(row);
}

/** @see Inbox.hear */
export async function hear(
  table: TableClient,
  message: InboundMessage,
  change: (heard: Heard) => Heard,
): Promise<Heard> {
  const key = heardKey(message);
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const row = await getRow(table, key);
    const before = row === null ? NOTHING_HEARD : fromRow<Heard>(row);
    const after = change(before);
    if (after === before) {
      return before;
    }
    const writeId = randomUUID();
    const changed = toRow(key, after, writeId);
    const action: TransactionAction =
      row === null ? ["create", changed] : ["update", changed, "Replace", { etag: row.etag }];
    if (await commitOnce(table, [action], { key, writeId })) {
      return after;
    }
  }
  throw new Error(`Cannot note what was heard about message "${message.id}": too many do at once`);
}

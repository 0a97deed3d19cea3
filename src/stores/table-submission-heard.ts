import { randomUUID } from "node:crypto";
import type { TableClient, TransactionAction } from "@azure/data-tables";
import { type Heard, NOTHING_HEARD } from "../domain/submissions/repetition.ts";
import type { Submission } from "../domain/submissions/submission.ts";
import { commitOnce, fromRow, getRow, toRow } from "./table-rows.ts";
import { heardKey } from "./table-submission-keys.ts";

/** Upper bound; this many partners at once never ask about one submission. */
const MAX_TRIES = 50;

export async function heardOf(table: TableClient, submission: Submission): Promise<Heard> {
  const row = await getRow(table, heardKey(submission));
  return row === null ? NOTHING_HEARD : fromRow<Heard>(row);
}

/** @see Submissions.hear */
export async function hear(
  table: TableClient,
  submission: Submission,
  change: (heard: Heard) => Heard,
): Promise<Heard> {
  const key = heardKey(submission);
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
  throw new Error(
    `Cannot note a question about submission "${submission.id}": too many come at once`,
  );
}

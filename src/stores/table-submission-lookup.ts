import { odata, type TableClient } from "@azure/data-tables";
import type { Submission } from "../domain/submissions/submission.ts";
import { firstRows } from "./table-rows.ts";
import { executionClaim, findClaimed, findStored } from "./table-submission-claims.ts";
import { canonicalId, indexPartition } from "./table-submission-keys.ts";

/** Submissions by any of their ids; `table-submissions.ts` draws the rows. */

/** Upper bound; this many connectors never know one id. */
const MAX_CONNECTORS = 1_000;

/** @returns the submissions that each connector knows under an id, the newest first */
export async function findEverywhere(table: TableClient, id: string): Promise<Submission[]> {
  const filter = odata`PartitionKey eq ${indexPartition(id)}`;
  const found: Submission[] = [];
  for (const row of await firstRows(table, filter, MAX_CONNECTORS)) {
    const submission = await findAt(table, String(row.rowKey), id);
    found.push(...(submission === null ? [] : [submission]));
  }
  return found.sort((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime());
}

/** Whether Waybill made the id, so that no other submission has it, whatever ids partners choose. */
export function isOwnId(submission: Submission, id: string): boolean {
  const own = [submission.id, submission.executionId, ...submission.earlierExecutionIds];
  return own.includes(canonicalId(id));
}

export async function findAt(
  table: TableClient,
  connectorId: string,
  id: string,
): Promise<Submission | null> {
  const { key } = executionClaim(id);
  return (
    (await findStored(table, connectorId, canonicalId(id))) ??
    (await findClaimed(table, { connectorId, key, now: null }))
  );
}

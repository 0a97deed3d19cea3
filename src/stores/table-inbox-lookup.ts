import { odata, type TableClient } from "@azure/data-tables";
import type { InboundMessage } from "../domain/submissions/inbound-message.ts";
import { executionClaim, findClaimed, findMessage } from "./table-inbox-claims.ts";
import { canonicalId, indexPartition } from "./table-inbox-keys.ts";
import { firstRows } from "./table-rows.ts";

/** Messages by any of their ids; `table-inbox.ts` draws the rows. */

/** More connectors than this never know one id. */
const MAX_CONNECTORS = 1_000;

/** @returns what each connector knows under an id, the newest first */
export async function findEverywhere(table: TableClient, id: string): Promise<InboundMessage[]> {
  const filter = odata`PartitionKey eq ${indexPartition(id)}`;
  const found: InboundMessage[] = [];
  for (const row of await firstRows(table, filter, MAX_CONNECTORS)) {
    const message = await findAt(table, String(row.rowKey), id);
    found.push(...(message === null ? [] : [message]));
  }
  return found.sort((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime());
}

/** Whether an id is one of ours, which no other message has, whatever partners call theirs. */
export function isOwnId(message: InboundMessage, id: string): boolean {
  const own = [message.id, message.executionId, ...message.earlierExecutionIds];
  return own.includes(canonicalId(id));
}

export async function findAt(
  table: TableClient,
  activityId: string,
  id: string,
): Promise<InboundMessage | null> {
  const { key } = executionClaim(id);
  return (
    (await findMessage(table, activityId, canonicalId(id))) ??
    (await findClaimed(table, { activityId, key, now: null }))
  );
}

import type { TableClient, TableEntityResult, TransactionAction } from "@azure/data-tables";
import type { InboundMessage } from "../domain/submissions/inbound-message.ts";
import type { Claim } from "../domain/submissions/inbox.ts";
import { heardOf } from "./table-inbox-heard.ts";
import { canonicalId, claimKey, endsKey, messageKey, ownedKey } from "./table-inbox-keys.ts";
import { fromRow, getRow, toRow } from "./table-rows.ts";

/**
 * What only one message of a connector may have. Beside each claim stands a note by which it is deleted one day: one
 * without an end goes with its message (`of:`), one with an end by itself (`ends:`).
 */

export type Stored = TableEntityResult<Record<string, unknown>>;

export interface ClaimRow {
  readonly messageId: string;
  readonly until: Date | null;
}

/** An execution id is a claim that never ends; those of partners are written as they like. */
export function executionClaim(executionId: string): Claim {
  return { key: `execution:${canonicalId(executionId)}`, until: null };
}

/** @param row what is there now: a claim that ended or is taken over, or nothing */
export function claimActions(
  claim: Claim,
  { activityId, id }: InboundMessage,
  row: Stored | null,
): TransactionAction[] {
  const { until } = claim;
  const key = claimKey(activityId, claim.key);
  const value: ClaimRow = { messageId: id, until };
  const claimRow = toRow(key, value);
  const note = until === null ? ownedKey(key, id) : endsKey(key, until);
  return [
    row === null
      ? ["create", claimRow]
      : ["update", claimRow, "Replace", { etag: String(row.etag) }],
    ["upsert", toRow(note, key), "Replace"],
  ];
}

/** The message that a claim's row names, unless the claim has ended; without `now` it never does. */
async function holderOf(
  table: TableClient,
  { activityId, row, now }: { activityId: string; row: Stored; now: Date | null },
): Promise<InboundMessage | null> {
  const { messageId, until } = fromRow<ClaimRow>(row);
  const hasEnded = now !== null && until !== null && until <= now;
  return hasEnded ? null : findMessage(table, activityId, messageId);
}

/** The message that keeps a claim from another one, if one does. */
export async function keeperOf(
  table: TableClient,
  { isKeptBy }: Claim,
  at: { activityId: string; row: Stored; now: Date },
): Promise<InboundMessage | null> {
  const holder = await holderOf(table, at);
  if (holder === null || isKeptBy === undefined) {
    return holder;
  }
  return isKeptBy(holder, await heardOf(table, holder)) ? holder : null;
}

export async function findClaimed(
  table: TableClient,
  { activityId, key, now }: { activityId: string; key: string; now: Date | null },
): Promise<InboundMessage | null> {
  const row = await getRow(table, claimKey(activityId, key));
  return row === null ? null : holderOf(table, { activityId, row, now });
}

export async function findMessage(
  table: TableClient,
  activityId: string,
  id: string,
): Promise<InboundMessage | null> {
  const key = messageKey(activityId, id);
  const row = key === null ? null : await getRow(table, key);
  return row === null ? null : fromRow<InboundMessage>(row);
}

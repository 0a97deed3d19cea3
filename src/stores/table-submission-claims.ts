import type { TableClient, TableEntityResult, TransactionAction } from "@azure/data-tables";
import type { Submission } from "../domain/submissions/submission.ts";
import type { Claim } from "../domain/submissions/submissions.ts";
import { fromNamedRow, toNamedRow } from "./stored-names.ts";
import { getRow, toRow } from "./table-rows.ts";
import { heardOf } from "./table-submission-heard.ts";
import {
  canonicalId,
  claimKey,
  endsKey,
  ownedKey,
  submissionKey,
} from "./table-submission-keys.ts";

/**
 * Something that only one submission of a connector may have. Each claim has a note by which it is deleted later. A
 * claim without an end is deleted with its submission (`of:`), one with an end by itself (`ends:`).
 */

export type Stored = TableEntityResult<Record<string, unknown>>;

export interface ClaimRow {
  readonly submissionId: string;
  readonly until: Date | null;
}

/** An execution id is a claim that never ends; partners choose their ids freely. */
export function executionClaim(executionId: string): Claim {
  return { key: `execution:${canonicalId(executionId)}`, until: null };
}

/** @param row the present row: a claim that ended or is taken over, or none */
export function claimActions(
  claim: Claim,
  { connectorId, id }: Submission,
  row: Stored | null,
): TransactionAction[] {
  const { until } = claim;
  const key = claimKey(connectorId, claim.key);
  const value: ClaimRow = { submissionId: id, until };
  const claimRow = toNamedRow(key, value);
  const note = until === null ? ownedKey(key, id) : endsKey(key, until);
  return [
    row === null
      ? ["create", claimRow]
      : ["update", claimRow, "Replace", { etag: String(row.etag) }],
    ["upsert", toRow(note, key), "Replace"],
  ];
}

/** The submission that a claim's row names, unless the claim has ended; without `now` it never ends. */
async function holderOf(
  table: TableClient,
  { connectorId, row, now }: { connectorId: string; row: Stored; now: Date | null },
): Promise<Submission | null> {
  const { submissionId, until } = fromNamedRow<ClaimRow>(row);
  const hasEnded = now !== null && until !== null && until <= now;
  return hasEnded ? null : findStored(table, connectorId, submissionId);
}

/** The submission that keeps a claim from another one, if one does. */
export async function keeperOf(
  table: TableClient,
  { isKeptBy }: Claim,
  at: { connectorId: string; row: Stored; now: Date },
): Promise<Submission | null> {
  const holder = await holderOf(table, at);
  if (holder === null || isKeptBy === undefined) {
    return holder;
  }
  return isKeptBy(holder, await heardOf(table, holder)) ? holder : null;
}

export async function findClaimed(
  table: TableClient,
  { connectorId, key, now }: { connectorId: string; key: string; now: Date | null },
): Promise<Submission | null> {
  const row = await getRow(table, claimKey(connectorId, key));
  return row === null ? null : holderOf(table, { connectorId, row, now });
}

export async function findStored(
  table: TableClient,
  connectorId: string,
  id: string,
): Promise<Submission | null> {
  const key = submissionKey(connectorId, id);
  const row = key === null ? null : await getRow(table, key);
  return row === null ? null : fromNamedRow<Submission>(row);
}

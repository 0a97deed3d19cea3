import { randomUUID } from "node:crypto";
import {
  odata,
  RestError,
  type TableClient,
  type TableEntityResult,
  type TransactionAction,
} from "@azure/data-tables";
import type { Page, PageRequest } from "../domain/ports.ts";

/** A string property holds at most 32 Ki UTF-16 units, an entity 1 MiB. */
const CHUNK_LENGTH = 30_000;
/** Real storage refuses larger entities; the local one would let them pass. */
const MAX_CHUNKS = 15;

export interface Key {
  readonly partitionKey: string;
  readonly rowKey: string;
}

/** A row as all our tables have it: one value as JSON, in as many properties as it needs, and who wrote it. */
export function toRow(
  key: Key,
  value: unknown,
  writeId: string = randomUUID(),
): Key & Record<string, string> {
  const json = JSON.stringify(value, replaceDates);
  const row: Record<string, string> = { writeId };
  for (let chunk = 0; chunk * CHUNK_LENGTH < json.length; chunk++) {
    row[`json${chunk}`] = json.slice(chunk * CHUNK_LENGTH, (chunk + 1) * CHUNK_LENGTH);
  }
  if (json.length > CHUNK_LENGTH * MAX_CHUNKS) {
    throw new Error(
      `Cannot store row "${key.rowKey}": its JSON has ${json.length} characters, a row holds ${CHUNK_LENGTH * MAX_CHUNKS}`,
    );
  }
  return { ...row, ...key };
}

/** The value that {@link toRow} stored. */
export function fromRow<Value>(row: TableEntityResult<Record<string, unknown>>): Value {
  let json = "";
  for (let chunk = 0; row[`json${chunk}`] !== undefined; chunk++) {
    json += String(row[`json${chunk}`]);
  }
  return JSON.parse(json, reviveDates) as Value;
}

function replaceDates(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key];
  return original instanceof Date ? { $date: original.toISOString() } : value;
}

function reviveDates(_key: string, value: unknown): unknown {
  return typeof value === "object" && value !== null && "$date" in value
    ? new Date(String(value.$date))
    : value;
}

/** @returns null when there is no such row */
export async function getRow(
  table: TableClient,
  key: Key,
): Promise<TableEntityResult<Record<string, unknown>> | null> {
  try {
    return await table.getEntity<Record<string, unknown>>(key.partitionKey, key.rowKey);
  } catch (error) {
    if (isStatus(error, 404)) {
      return null;
    }
    throw error;
  }
}

/**
 * Commits all actions or none.
 *
 * @returns false when a row that had to exist is gone, one that must not exist is there, or an ETag has changed. The
 *   SDK repeats a request whose answer was lost, so this may also be our own write: read back and compare write ids.
 */
export async function commit(table: TableClient, actions: TransactionAction[]): Promise<boolean> {
  try {
    await table.submitTransaction(actions);
    return true;
  } catch (error) {
    if (isStatus(error, 404, 409, 412)) {
      return false;
    }
    throw error;
  }
}

/** Whether the row stands as the write with this id left it. */
export async function wasWrittenBy(
  table: TableClient,
  key: Key,
  writeId: string,
): Promise<boolean> {
  const row = await getRow(table, key);
  return row?.writeId === writeId;
}

export function isStatus(error: unknown, ...statuses: number[]): boolean {
  return error instanceof RestError && statuses.includes(error.statusCode ?? 0);
}

/** Rows of one partition whose key starts with `prefix`, in key order. */
export function rowsWithPrefix(
  table: TableClient,
  partitionKey: string,
  prefix: string,
): AsyncIterable<TableEntityResult<Record<string, unknown>>> {
  return table.listEntities<Record<string, unknown>>({
    queryOptions: { filter: prefixFilter(partitionKey, prefix, prefix) },
  });
}

/** One page of {@link rowsWithPrefix}; `after` is the key of the last row of the page before. */
export async function pageOfRows<Item>(
  table: TableClient,
  range: { partitionKey: string; prefix: string; page: PageRequest },
): Promise<Page<Item>> {
  const { partitionKey, prefix, page } = range;
  // "!" is the lowest printable character: what follows the last key, and that key no more
  const from = page.after === null ? prefix : `${prefix}${page.after}!`;
  const rows = await firstRows(table, prefixFilter(partitionKey, prefix, from), page.limit + 1);
  const items = rows.slice(0, page.limit);
  const last = items.at(-1);
  return {
    items: items.map((row) => fromRow<Item>(row)),
    next: rows.length > page.limit ? String(last?.rowKey).slice(prefix.length) : null,
  };
}

function prefixFilter(partitionKey: string, prefix: string, from: string): string {
  if (prefix === "") {
    return odata`PartitionKey eq ${partitionKey}`;
  }
  const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  return odata`PartitionKey eq ${partitionKey} and RowKey ge ${from} and RowKey lt ${end}`;
}

/** The first rows that match, over as many pages as the service makes of them. */
export async function firstRows(
  table: TableClient,
  filter: string,
  limit: number,
): Promise<TableEntityResult<Record<string, unknown>>[]> {
  const rows: TableEntityResult<Record<string, unknown>>[] = [];
  const pages = table
    .listEntities<Record<string, unknown>>({ queryOptions: { filter } })
    .byPage({ maxPageSize: Math.min(limit, 1_000) });
  for await (const page of pages) {
    rows.push(...page);
    if (rows.length >= limit) {
      break;
    }
  }
  return rows.slice(0, limit);
}

import { randomUUID } from "node:crypto";
import {
  odata,
  RestError,
  type TableClient,
  type TableEntityResult,
  type TransactionAction,
} from "@azure/data-tables";
import type { Page, PageRequest } from "../domain/page.ts";

/** A string property holds at most 32 Ki UTF-16 units, an entity 1 MiB. */
const CHUNK_LENGTH = 30_000;
/** Real storage refuses larger entities; the local one would accept them. */
const MAX_LENGTH = 15 * CHUNK_LENGTH;

export interface Key {
  readonly partitionKey: string;
  readonly rowKey: string;
}

export type TableRow = TableEntityResult<Record<string, unknown>>;

/** The value does not fit into one row. */
export class RowTooLargeError extends Error {}

/**
 * A row in the form of all our tables: one value as JSON in as many properties as necessary, and the write id.
 *
 * @throws RowTooLargeError when its JSON has more than 450,000 characters
 */
export function toRow(
  key: Key,
  value: unknown,
  writeId: string = randomUUID(),
): Key & Record<string, string> {
  const json = JSON.stringify(storable(value));
  if (json.length > MAX_LENGTH) {
    throw new RowTooLargeError(
      `Cannot store row "${key.rowKey}": its JSON has ${json.length} characters, a row holds ${MAX_LENGTH}`,
    );
  }
  if (json.length <= CHUNK_LENGTH) {
    return { json0: json, writeId, ...key };
  }
  const chunks = chunksOf(json).map((chunk, index) => [`json${index}`, chunk]);
  return { ...Object.fromEntries(chunks), writeId, ...key };
}

/** The value that {@link toRow} stored. It ends at an empty part, whatever follows. */
export function fromRow<Value>(row: Readonly<Record<string, unknown>>): Value {
  let json = String(row.json0 ?? "");
  for (let chunk = 1; row[`json${chunk}`]; chunk++) {
    json += String(row[`json${chunk}`]);
  }
  const value: unknown = JSON.parse(json);
  return (json.includes('"$') ? revived(value) : value) as Value;
}

function chunksOf(json: string): string[] {
  const chunks: string[] = [];
  for (let from = 0; from < json.length; ) {
    const end = Math.min(from + CHUNK_LENGTH, json.length);
    // half a surrogate pair is not text, and would be changed by storing it
    const to = isHighSurrogate(json.charCodeAt(end - 1)) ? end - 1 : end;
    chunks.push(json.slice(from, to));
    from = to;
  }
  return chunks;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** A Date is stored as `{"$date": "..."}`. User data with a `$date` member is escaped and restored. */
const DATE_MEMBER = "$date";
const LIKE_DATE_MEMBER_REGEXP = /^\$+date$/;
const RENAMED_MEMBER_REGEXP = /^\$\$+date$/;

/** Prepares a value for JSON. Own code, because JSON's hooks for this are several times slower. */
function storable(value: unknown): unknown {
  if (value instanceof Date) {
    return { [DATE_MEMBER]: value.toISOString() };
  }
  return withRenamed(withMembers(value, storable), LIKE_DATE_MEMBER_REGEXP, (name) => `$${name}`);
}

function revived(value: unknown): unknown {
  if (isPlainObject(value) && Object.hasOwn(value, DATE_MEMBER)) {
    return new Date(String(value[DATE_MEMBER]));
  }
  return withRenamed(withMembers(value, revived), RENAMED_MEMBER_REGEXP, (name) => name.slice(1));
}

const isOurs = (name: string) => name.startsWith("$");

/** The value with changed members; the same object if none changes. */
function withMembers(value: unknown, change: (member: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(change);
  }
  if (!isPlainObject(value)) {
    return value;
  }
  let copy: Record<string, unknown> | null = null;
  for (const name in value) {
    const member = value[name];
    if (typeof member !== "object" || member === null) {
      continue;
    }
    const changed = change(member);
    if (changed !== member) {
      copy ??= { ...value };
      copy[name] = changed;
    }
  }
  return copy ?? value;
}

/** The value with renamed members; the same object if no name matches. */
function withRenamed(value: unknown, names: RegExp, rename: (name: string) => string): unknown {
  if (!isPlainObject(value) || !Object.keys(value).some(isOurs)) {
    return value;
  }
  const isNamed = (name: string) => names.test(name);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [isNamed(name) ? rename(name) : name, member]),
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @returns null when the row does not exist */
export async function getRow(
  table: TableClient,
  key: Key,
): Promise<TableEntityResult<Record<string, unknown>> | null> {
  try {
    return await table.getEntity<Record<string, unknown>>(key.partitionKey, key.rowKey);
  } catch (error) {
    if (isRowMissing(error)) {
      return null;
    }
    throw error;
  }
}

/**
 * Commits all actions or none.
 *
 * @returns false when a required row is missing, a new row exists already, or an ETag has changed. The SDK repeats a
 *   request whose answer was lost, so this may also be our own write: see {@link commitOnce}
 */
export async function commit(table: TableClient, actions: TransactionAction[]): Promise<boolean> {
  try {
    await table.submitTransaction(actions);
    return true;
  } catch (error) {
    if (isRowConflict(error)) {
      return false;
    }
    throw error;
  }
}

/**
 * Commits actions that cannot be committed twice.
 *
 * @param written a row that the actions write, and its write id. They reveal our own write when a repeated request
 *   finds it.
 * @returns false when another write was first
 */
export async function commitOnce(
  table: TableClient,
  actions: TransactionAction[],
  written: { readonly key: Key; readonly writeId: string },
): Promise<boolean> {
  return (
    (await commit(table, actions)) ||
    (await getRow(table, written.key))?.writeId === written.writeId
  );
}

/** Deletes a row. A missing row is fine. */
export async function deleteRow(table: TableClient, key: Key): Promise<void> {
  try {
    await table.deleteEntity(key.partitionKey, key.rowKey);
  } catch (error) {
    if (!isRowMissing(error)) {
      throw error;
    }
  }
}

/**
 * Deletes a row if it still is this version. A missing row is fine: the SDK repeats a request whose answer was lost.
 *
 * @returns false when the row is another version
 */
export async function deleteVersion(table: TableClient, key: Key, etag: string): Promise<boolean> {
  try {
    await table.deleteEntity(key.partitionKey, key.rowKey, { etag });
    return true;
  } catch (error) {
    if (isRowMissing(error)) {
      return true;
    }
    if (isRowConflict(error)) {
      return false;
    }
    throw error;
  }
}

/** A required row does not exist. */
export function isRowMissing(error: unknown): boolean {
  return hasCode(error, "ResourceNotFound", "EntityNotFound");
}

/** A row is not in the state that a write requires: it is missing, exists already, or has changed. */
export function isRowConflict(error: unknown): boolean {
  return (
    isRowMissing(error) ||
    hasCode(error, "EntityAlreadyExists", "UpdateConditionNotSatisfied", "ConditionNotMet")
  );
}

/** By the service's own code: a table that is missing or being deleted has the same status codes as a row. */
function hasCode(error: unknown, ...codes: string[]): boolean {
  if (!(error instanceof RestError)) {
    return false;
  }
  const details = error.details as
    | { errorCode?: string; odataError?: { code?: string } }
    | undefined;
  return codes.includes(error.code ?? details?.odataError?.code ?? details?.errorCode ?? "");
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

/**
 * One page of {@link rowsWithPrefix}; `after` is the key of the last row of the page before.
 *
 * @param range.where a further filter for the rows
 * @param read makes an item of a row; by default the value that {@link toRow} stored
 */
export async function pageOfRows<Item>(
  table: TableClient,
  range: { partitionKey: string; prefix: string; page: PageRequest; where?: string },
  read: (row: TableEntityResult<Record<string, unknown>>) => Item = fromRow<Item>,
): Promise<Page<Item>> {
  const { partitionKey, prefix, page, where } = range;
  // "!" is the lowest printable character: this is above the last key and below its successors
  const from = page.after === null ? prefix : `${prefix}${page.after}!`;
  const inRange = prefixFilter(partitionKey, prefix, from);
  const filter = where === undefined ? inRange : `${inRange} and ${where}`;
  const rows = await firstRows(table, filter, page.limit + 1);
  const items = rows.slice(0, page.limit);
  const last = items.at(-1);
  return {
    items: items.map((row) => read(row)),
    next: rows.length > page.limit ? String(last?.rowKey).slice(prefix.length) : null,
  };
}

export function prefixFilter(partitionKey: string, prefix: string, from: string): string {
  if (prefix === "") {
    return odata`PartitionKey eq ${partitionKey}`;
  }
  const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  return odata`PartitionKey eq ${partitionKey} and RowKey ge ${from} and RowKey lt ${end}`;
}

/** The first rows that match, from as many pages of the service as needed. */
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

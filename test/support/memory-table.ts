import { RestError, type TableClient, type TransactionAction } from "@azure/data-tables";
import { parseRowFilter, type RowFilter, UNLIMITED } from "./memory-table-filter.ts";
import {
  displace,
  eachRowWithin,
  found,
  type Key,
  place,
  type Row,
  type TableRows,
} from "./memory-table-rows.ts";

/** One request: the caller decides when its effect happens; by default at once. */
export type Call = <Answer>(operation: string, effect: () => Answer) => Promise<Answer>;

type Draft = Readonly<Record<string, unknown>>;

/**
 * Table Storage in memory, as far as our stores use it: the same answers, codes and orders as the service, and no
 * network. Each method is one request, and one page of a list is. A test compares it with a real server.
 */
export function memoryTable(
  table: TableRows,
  call: Call = async (_, effect) => effect(),
): TableClient {
  const client: Partial<Record<keyof TableClient, unknown>> = {
    getEntity: (partitionKey: string, rowKey: string) =>
      call("get", () => existing(table, { partitionKey, rowKey })),
    createEntity: (entity: Draft) => call("create", () => create(table, entity)),
    updateEntity: (entity: Draft, mode: Mode = "Merge", options: Condition = {}) =>
      call("update", () => update(table, entity, { mode, etag: options.etag })),
    upsertEntity: (entity: Draft, mode: Mode = "Merge") =>
      call("upsert", () => upsert(table, entity, mode)),
    deleteEntity: (partitionKey: string, rowKey: string, options: Condition = {}) =>
      call("delete", () => remove(table, { partitionKey, rowKey }, options.etag)),
    submitTransaction: (actions: TransactionAction[]) =>
      call("transaction", () => transact(table, actions)),
    listEntities: (options: { queryOptions?: { filter?: string } } = {}) =>
      list(table, call, options.queryOptions?.filter),
  };
  return client as TableClient;
}

type Mode = "Merge" | "Replace";
interface Condition {
  readonly etag?: string;
}
function keyOf(entity: Draft): Key {
  const { partitionKey, rowKey } = entity;
  if (typeof partitionKey !== "string" || typeof rowKey !== "string") {
    throw failure(400, "PropertiesNeedValue");
  }
  return { partitionKey, rowKey };
}

function existing(table: TableRows, key: Key): Row {
  const row = found(table, key);
  if (row === undefined) {
    throw failure(404, "ResourceNotFound");
  }
  return row;
}

function put(table: TableRows, entity: Draft): { etag: string } {
  const { partitionKey, rowKey } = keyOf(entity);
  table.writes++;
  const etag = `W/"datetime'${table.writes}'"`;
  const row: Record<string, unknown> & Key & { etag: string } = {
    ...entity,
    partitionKey,
    rowKey,
    etag,
  };
  for (const name of Object.keys(row)) {
    if (row[name] == null) {
      delete row[name];
    }
  }
  // frozen, so that it can be given to whoever asks
  place(table, Object.freeze(row));
  return { etag };
}

function create(table: TableRows, entity: Draft): { etag: string } {
  if (found(table, keyOf(entity)) !== undefined) {
    throw failure(409, "EntityAlreadyExists");
  }
  return put(table, entity);
}

function update(
  table: TableRows,
  entity: Draft,
  { mode, etag }: { mode: Mode; etag: string | undefined },
): { etag: string } {
  const before = existing(table, keyOf(entity));
  requireVersion(before, etag);
  return put(table, mode === "Merge" ? { ...before, ...entity } : entity);
}

function upsert(table: TableRows, entity: Draft, mode: Mode): { etag: string } {
  const before = mode === "Merge" ? found(table, keyOf(entity)) : undefined;
  return put(table, { ...before, ...entity });
}

function remove(table: TableRows, key: Key, etag: string | undefined): object {
  requireVersion(existing(table, key), etag);
  displace(table, key);
  return {};
}

function requireVersion(row: Row, etag = "*"): void {
  if (etag !== "*" && etag !== row.etag) {
    throw failure(412, "UpdateConditionNotSatisfied");
  }
}

/** All or none: the first action that fails undoes those before it. */
function transact(table: TableRows, actions: readonly TransactionAction[]): { status: number } {
  const keys = actions.map(([, entity]) => keyOf(entity));
  requireTransaction(keys);
  const before = keys.map((key) => ({ key, row: found(table, key) }));
  try {
    for (const action of actions) {
      act(table, action);
    }
  } catch (error) {
    for (const { key, row } of before) {
      if (row === undefined) {
        displace(table, key);
      } else {
        place(table, row);
      }
    }
    throw error instanceof RestError ? asTransactionFailure(error) : error;
  }
  return { status: 202 };
}

function requireTransaction(keys: readonly Key[]): void {
  if (keys.length > 100) {
    throw asTransactionFailure(failure(400, "InvalidInput"));
  }
  if (new Set(keys.map(({ partitionKey }) => partitionKey)).size > 1) {
    throw asTransactionFailure(failure(400, "CommandsInBatchActOnDifferentPartitions"));
  }
  if (new Set(keys.map(({ rowKey }) => rowKey)).size < keys.length) {
    throw asTransactionFailure(failure(400, "InvalidDuplicateRow"));
  }
}

function act(table: TableRows, action: TransactionAction): void {
  const [kind, entity] = action;
  switch (kind) {
    case "create":
      create(table, entity);
      break;
    case "delete":
      // the SDK sends no ETag of a deletion in a transaction, whatever the caller says
      remove(table, keyOf(entity), undefined);
      break;
    case "update":
      update(table, entity, { mode: action[2] ?? "Merge", etag: action[3]?.etag });
      break;
    case "upsert":
      upsert(table, entity, action[2] ?? "Merge");
      break;
  }
}

const MAX_PAGE_SIZE = 1_000;

type Page = readonly Row[] & { readonly continuationToken: string | undefined };

function list(table: TableRows, call: Call, text: string | undefined) {
  const filter = text === undefined ? null : parseRowFilter(text);
  const pages = ({ maxPageSize = MAX_PAGE_SIZE, continuationToken }: PageSettings = {}) => {
    const size = Math.min(maxPageSize, MAX_PAGE_SIZE);
    let from = continuationToken;
    let isLast = false;
    return asyncIterator<Page>(async () => {
      if (isLast) {
        return { done: true, value: undefined };
      }
      const rows = await call("list", () => pageOf(table, filter, { from, size }));
      isLast = rows.length <= size;
      from = isLast ? undefined : tokenOf(rows[size - 1]);
      if (!isLast) {
        rows.pop();
      }
      return { done: false, value: Object.assign(rows, { continuationToken: from }) };
    });
  };
  let page: readonly Row[] = [];
  let taken = 0;
  const rest = pages();
  const rows = asyncIterator<Row>(async () => {
    while (taken === page.length) {
      const next = await rest.next();
      if (next.done === true) {
        return next;
      }
      page = next.value;
      taken = 0;
    }
    return { done: false, value: page[taken++] as Row };
  });
  return Object.assign(rows, { byPage: pages });
}

interface PageSettings {
  readonly maxPageSize?: number;
  readonly continuationToken?: string;
}

/** By hand: a generator waits a turn for every row. */
function asyncIterator<Item>(next: () => Promise<IteratorResult<Item, undefined>>) {
  return { next, [Symbol.asyncIterator]: () => ({ next }) };
}

/** One row more than a page holds says that there is a next one. */
function pageOf(
  table: TableRows,
  filter: RowFilter | null,
  { from, size }: { from: string | undefined; size: number },
): Row[] {
  const rows: Row[] = [];
  eachRowWithin(table, filter ?? UNLIMITED, (row) => {
    const isLater = from === undefined || tokenOf(row) > from;
    return isLater && (filter === null || filter.matches(row)) && rows.push(row) > size;
  });
  return rows;
}

function tokenOf(row: Row | undefined): string {
  return row === undefined ? "" : `${row.partitionKey}\u0000${row.rowKey}`;
}

/** As the SDK tells of what the service answered. */
function failure(statusCode: number, code: string): RestError {
  const error = new RestError(code, { statusCode });
  error.details = { odataError: { code } };
  return error;
}

function asTransactionFailure({ statusCode, details }: RestError): RestError {
  const { code } = (details as { odataError: { code: string } }).odataError;
  return new RestError(code, { code, ...(statusCode === undefined ? {} : { statusCode }) });
}

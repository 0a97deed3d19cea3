import type { RowFilter } from "./memory-table-filter.ts";

export interface Key {
  readonly partitionKey: string;
  readonly rowKey: string;
}

export type Row = Readonly<Record<string, unknown>> & Key & { readonly etag: string };

interface Partition {
  readonly rows: Map<string, Row>;
  /** Keys of the rows, in order. */
  readonly keys: string[];
}

const EMPTY: Partition = { rows: new Map(), keys: [] };

/** Content of a table; several clients may have the same. */
export interface TableRows {
  readonly partitions: Map<string, Partition>;
  writes: number;
}

export function emptyTable(): TableRows {
  return { partitions: new Map(), writes: 0 };
}

export function found(table: TableRows, { partitionKey, rowKey }: Key): Row | undefined {
  return table.partitions.get(partitionKey)?.rows.get(rowKey);
}

export function place(table: TableRows, row: Row): void {
  const { partitionKey, rowKey } = row;
  const partition = table.partitions.get(partitionKey) ?? { rows: new Map(), keys: [] };
  table.partitions.set(partitionKey, partition);
  if (!partition.rows.has(rowKey)) {
    partition.keys.splice(firstFrom(partition.keys, rowKey), 0, rowKey);
  }
  partition.rows.set(rowKey, row);
}

export function displace(table: TableRows, { partitionKey, rowKey }: Key): void {
  const partition = table.partitions.get(partitionKey);
  if (partition?.rows.delete(rowKey) === true) {
    partition.keys.splice(firstFrom(partition.keys, rowKey), 1);
  }
}

/** Where the first key stands that is not smaller. */
function firstFrom(keys: readonly string[], least: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < least) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Gives every row that the limits leave, in order, until it is told that no more are wanted. */
export function eachRowWithin(
  table: TableRows,
  { partitionKey, leastRowKey, lastRowKey }: Omit<RowFilter, "matches">,
  isEnough: (row: Row) => boolean,
): void {
  const names = partitionKey === null ? [...table.partitions.keys()].sort() : [partitionKey];
  for (const name of names) {
    const { keys, rows } = table.partitions.get(name) ?? EMPTY;
    for (let at = firstFrom(keys, leastRowKey); at < keys.length; at++) {
      const key = keys[at] as string;
      if (key > lastRowKey) {
        break;
      }
      if (isEnough(rows.get(key) as Row)) {
        return;
      }
    }
  }
}

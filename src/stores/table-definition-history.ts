import { odata, type TableClient } from "@azure/data-tables";
import type { DefinitionChange } from "../domain/definitions/definition-store.ts";
import type { DefinitionKind } from "../domain/definitions/definitions.ts";
import { bodyOf } from "./stored-names.ts";
import { firstRows, fromRow, type Key, type TableRow, toRow } from "./table-rows.ts";

type Columns = Readonly<Record<string, unknown>>;
type ChangeRow = Key & Record<string, unknown>;

/** Members of a change's row besides the definition. */
export interface ChangeFacts {
  readonly action: DefinitionChange["action"];
  readonly at: Date;
  readonly applicationId: string | null;
}

/** Definitions have lower keys, because ids begin with a letter or a digit. */
export const HISTORIES = "~";
const HIGHEST_VERSION = 999_999_999;

const prefixOf = (id: string): string => `${HISTORIES}${id}:`;

export function changeKey(kind: DefinitionKind, id: string, version: number): Key {
  const order = String(HIGHEST_VERSION - version).padStart(9, "0");
  return { partitionKey: kind, rowKey: `${prefixOf(id)}${order}` };
}

/**
 * The row of a change. It copies the definition's row character by character, because any version of the app may have
 * stored that row. Its columns have other names. An older app, while it is being replaced, reads this row as a
 * definition. It finds no body, and skips the row as unreadable.
 */
export function changeRow(row: Columns, key: Key, facts: ChangeFacts): ChangeRow {
  const { action, at, applicationId } = facts;
  const readByOthers = { id: key.rowKey, updatedAt: at, scheduleSince: at, incarnation: "" };
  return {
    ...withRenamed(row, "json", "was"),
    ...toRow(key, readByOthers, String(row.writeId)),
    action,
    changedAt: at.toISOString(),
    ...(applicationId === null ? {} : { changedBy: applicationId }),
  };
}

/** Renames the columns whose names are `from` and a number. */
function withRenamed(row: Columns, from: string, to: string): Columns {
  const columns = Object.entries(row).filter(([name]) => new RegExp(`^${from}\\d+$`).test(name));
  return Object.fromEntries(columns.map(([name, value]) => [name.replace(from, to), value]));
}

/** The newest change: its number (0 when there is none) and its author. */
export async function newestChange(
  table: TableClient,
  kind: DefinitionKind,
  id: string,
): Promise<{ version: number; writeId: unknown }> {
  const [row] = await changeRows(table, { kind, id, before: null }, 1);
  return row === undefined
    ? { version: 0, writeId: null }
    : { version: versionOf(row), writeId: row.writeId };
}

/** Newest first. */
export async function changesOf(
  table: TableClient,
  range: { kind: DefinitionKind; id: string; before: number | null },
  limit: number,
): Promise<DefinitionChange[]> {
  const rows = await changeRows(table, range, limit);
  return rows.map((row) => ({
    version: versionOf(row),
    action: row.action as DefinitionChange["action"],
    at: new Date(String(row.changedAt)),
    applicationId: row.changedBy === undefined ? null : String(row.changedBy),
    body: bodyOf(range.kind, fromRow<{ body: unknown }>(withRenamed(row, "was", "json")).body),
  }));
}

async function changeRows(
  table: TableClient,
  { kind, id, before }: { kind: DefinitionKind; id: string; before: number | null },
  limit: number,
): Promise<TableRow[]> {
  const newest = before === null ? HIGHEST_VERSION : before - 1;
  const from = changeKey(kind, id, newest).rowKey;
  const end = `${HISTORIES}${id};`;
  const filter = odata`PartitionKey eq ${kind} and RowKey ge ${from} and RowKey lt ${end}`;
  return firstRows(table, filter, limit);
}

function versionOf(row: TableRow): number {
  return HIGHEST_VERSION - Number(String(row.rowKey).split(":").at(-1));
}

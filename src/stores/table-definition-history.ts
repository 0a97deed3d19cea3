import { odata, type TableClient } from "@azure/data-tables";
import type { DefinitionChange } from "../domain/definitions/definition-store.ts";
import type { DefinitionKind } from "../domain/definitions/definitions.ts";
import { bodyOf } from "./stored-names.ts";
import { firstRows, fromRow, type Key, type Row, toRow } from "./table-rows.ts";

type Columns = Readonly<Record<string, unknown>>;
type ChangeRow = Key & Record<string, unknown>;

/** What the row of a change has besides the definition. */
export interface ChangeFacts {
  readonly action: DefinitionChange["action"];
  readonly at: Date;
  readonly applicationId: string | null;
}

/** Keys of definitions are below it, as ids begin with a letter or a digit. */
export const HISTORIES = "~";
const HIGHEST_VERSION = 999_999_999;

const prefixOf = (id: string): string => `${HISTORIES}${id}:`;

export function changeKey(kind: DefinitionKind, id: string, version: number): Key {
  const order = String(HIGHEST_VERSION - version).padStart(9, "0");
  return { partitionKey: kind, rowKey: `${prefixOf(id)}${order}` };
}

/**
 * The row of a change. It holds the definition character by character as the definition's row does, because any version
 * of the app may have stored that; in columns of other names, because an app that knows no histories reads this row as a
 * definition while it is being replaced by a newer one. It finds one without a body, and skips it as unreadable.
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

/** The columns whose names are this word and a number, by another word. */
function withRenamed(row: Columns, from: string, to: string): Columns {
  const columns = Object.entries(row).filter(([name]) => new RegExp(`^${from}\\d+$`).test(name));
  return Object.fromEntries(columns.map(([name, value]) => [name.replace(from, to), value]));
}

/** The newest change: its number, 0 when there is none, and who wrote it. */
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
): Promise<Row[]> {
  const newest = before === null ? HIGHEST_VERSION : before - 1;
  const from = changeKey(kind, id, newest).rowKey;
  const end = `${HISTORIES}${id};`;
  const filter = odata`PartitionKey eq ${kind} and RowKey ge ${from} and RowKey lt ${end}`;
  return firstRows(table, filter, limit);
}

function versionOf(row: Row): number {
  return HIGHEST_VERSION - Number(String(row.rowKey).split(":").at(-1));
}

import { looseName, matchFields } from "../../formats/field-names.ts";
import type { RowsRead } from "../../formats/read-rows.ts";
import { AppError } from "../errors.ts";
import { quotedList } from "../values/quoted-list.ts";
import type { ImportColumn } from "./import-column.ts";
import { fieldOf, fieldsOf } from "./plan-rows.ts";

/**
 * Refuses a file that lacks the import's columns, so that no missing column is taken for an empty one.
 *
 * | the file                                            | is refused                                                 |
 * |-----------------------------------------------------|------------------------------------------------------------|
 * | names its columns once: csv, fixed width            | before its first row, when it lacks a column               |
 * | names fields in each row, and is read to its end    | when a column is in no row                                 |
 * | names fields in each row, and is longer than that   | at its end, for the same reason; written rows stay, with such columns unchanged |
 * | is any of these                                     | before its first row, when it has none of the columns      |
 *
 * Columns that are `optional`, or say `whenNull`, may be missing.
 *
 * @throws AppError `columns-missing`
 */
export function requireColumns(
  rows: Pick<RowsRead, "columns" | "seen" | "hasEnded" | "rowsRead">,
  columns: readonly ImportColumn[],
): void {
  const wanted = fieldsOf(columns);
  const there = fieldsIn(rows, wanted);
  if (wanted.length === 0 || there === null) {
    return;
  }
  const missing = wanted.filter((field) => !there.found.has(field));
  const needed = missing.filter((field) => there.isComplete && isNeeded(field, columns));
  if (needed.length > 0 || missing.length === wanted.length) {
    throw columnsMissing(needed.length > 0 ? needed : missing, there.names);
  }
}

interface FieldsThere {
  /** The columns that were found. */
  readonly found: { has(field: string): boolean };
  /** Names in the file. */
  readonly names: readonly string[];
  /** Whether the list of names is final. */
  readonly isComplete: boolean;
}

/** @returns null when the file gives no information */
function fieldsIn(
  { columns, seen, hasEnded, rowsRead }: Parameters<typeof requireColumns>[0],
  wanted: readonly string[],
): FieldsThere | null {
  const fields = seen();
  if (fields === null) {
    return { found: matchFields(wanted, columns), names: columns, isComplete: true };
  }
  if (rowsRead() === 0 || (fields.found.size === 0 && fields.isErrorFile)) {
    return null;
  }
  const spelled = new Map(fields.loose.map(({ wanted: name, field }) => [name, field]));
  const names = [...fields.found].map((name) => spelled.get(name) ?? name);
  return { found: fields.found, names: [...names, ...fields.others], isComplete: hasEnded() };
}

function isNeeded(field: string, columns: readonly ImportColumn[]): boolean {
  return columns.some(
    (column) => fieldOf(column) === field && !column.optional && column.whenNull === undefined,
  );
}

function columnsMissing(missing: readonly string[], names: readonly string[]): AppError {
  const unclear = missing.filter((field) => names.some((name) => isAlike(name, field)));
  const hint =
    unclear.length === 0 ? "" : `; more than one name could be meant for ${quotedList(unclear)}`;
  return new AppError(
    "columns-missing",
    `Cannot import the file: it lacks the column(s) ${quotedList(missing)}; it has ${quotedList(names) || "none"}${hint}`,
  );
}

function isAlike(name: string, field: string): boolean {
  return looseName(name) === looseName(field);
}

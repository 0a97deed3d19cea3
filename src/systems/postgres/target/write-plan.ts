import { AppError } from "../../../domain/errors.ts";
import type { WrittenColumn } from "../../../domain/target.ts";
import { quotedList } from "../../../domain/values/quoted-list.ts";
import type { PostgresTargetDefinition } from "./definition.ts";
import type { WritePlan } from "./insert.ts";
import type { TargetColumn, TargetTable } from "./target-table.ts";

/**
 * Combines the rows' columns, the definition and the table.
 *
 * @throws AppError `target-invalid` that names the column or key that cannot work
 */
export function planWrite(
  definition: Pick<PostgresTargetDefinition, "mode" | "key" | "update">,
  table: TargetTable,
  rowColumns: readonly WrittenColumn[],
): WritePlan {
  const names = rowColumns.map(({ name }) => name);
  requireDistinct(table, names);
  const columns = names.map((name) => writableColumn(table, name));
  const missing = table.columns.filter(
    ({ name, notNull, fillsItself, isGenerated }) =>
      notNull && !fillsItself && !isGenerated && !names.includes(name),
  );
  if (missing.length > 0) {
    throw cannot(
      table,
      `it must have a value in ${quotedList(missing.map(({ name }) => name))}, which the import does not write`,
    );
  }
  const written = {
    ...{ table, columns },
    whenAdded: rowColumns.map(({ whenAdded }) => whenAdded),
    round: rowColumns.map(({ round }) => round),
  };
  if (definition.mode === "insert") {
    return { ...written, key: null, update: [] };
  }
  const key = upsertKey(definition, table, names);
  return { ...written, key, update: updated(definition, table, { names, key }) };
}

function cannot(table: TargetTable, state: string): AppError {
  return new AppError("target-invalid", `Cannot write to table "${table.name}": ${state}`);
}

function requireDistinct(table: TargetTable, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined || names.length === 0) {
    throw cannot(
      table,
      twice === undefined
        ? "the import writes no column"
        : `the import writes column "${twice}" twice`,
    );
  }
}

function writableColumn(table: TargetTable, name: string): TargetColumn {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) {
    const known = quotedList(table.columns.map((each) => each.name));
    throw cannot(table, `it has no column "${name}", only ${known}`);
  }
  if (column.isGenerated) {
    throw cannot(table, `it computes column "${name}" itself; leave it out of the import`);
  }
  if (column.type.isComposite) {
    throw cannot(
      table,
      `column "${name}" is of the composite type ${column.type.sql}, whose parts PostgreSQL would round or fill up silently; write to a column for each part`,
    );
  }
  return column;
}

function upsertKey(
  { key }: Pick<PostgresTargetDefinition, "key">,
  table: TargetTable,
  names: readonly string[],
): readonly string[] {
  const wanted = key ?? table.uniqueKeys.find(({ isPrimary }) => isPrimary)?.columns;
  if (wanted === undefined) {
    throw cannot(table, 'it has no primary key; name the "key" columns, or use mode "insert"');
  }
  const absent = wanted.filter((name) => !names.includes(name));
  if (absent.length > 0) {
    throw cannot(
      table,
      `the import does not write ${quotedList(absent)}, which the key needs; map it, or name another "key"`,
    );
  }
  const isUnique = table.uniqueKeys.some(
    ({ columns }) =>
      columns.length === wanted.length && columns.every((name) => wanted.includes(name)),
  );
  if (!isUnique) {
    throw cannot(
      table,
      `no unique index has exactly the key columns ${quotedList(wanted)} (without a condition, not deferrable); create one, or name another "key"`,
    );
  }
  return wanted;
}

function updated(
  { update }: Pick<PostgresTargetDefinition, "update">,
  table: TargetTable,
  { names, key }: { names: readonly string[]; key: readonly string[] },
): readonly string[] {
  const absent = update?.filter((name) => !names.includes(name)) ?? [];
  if (absent.length > 0) {
    throw cannot(table, `"update" names ${quotedList(absent)}, which the import does not write`);
  }
  const columns = (update ?? names).filter((name) => !key.includes(name));
  const fixed = columns.find((name) => writableColumn(table, name).isIdentityAlways);
  if (fixed !== undefined) {
    throw cannot(
      table,
      `column "${fixed}" is GENERATED ALWAYS and cannot be changed; leave it out of "update"`,
    );
  }
  return columns;
}

import { quoteName } from "../../drivers/postgres/names.ts";
import type { Table, TableColumn } from "./table.ts";

/** What is to be written, and how. */
export interface WritePlan {
  readonly table: Table;
  /** Of the table, in the rows' order. */
  readonly columns: readonly TableColumn[];
  /** Columns that tell rows apart; null: rows are only added. */
  readonly key: readonly string[] | null;
  /** Columns that change in a row that is there already. */
  readonly update: readonly string[];
}

/** Temporary table that a batch is copied to: its position in the batch as `n`, then a text for each column. */
export const STAGE = "pg_temp.waybill_rows";

/**
 * Writes rows of the stage. Of several rows of one key an upsert takes the last, since a statement may change a row only
 * once; the order of the key keeps two imports from waiting for each other.
 *
 * @param where a condition on the stage's `n`
 */
export function insertStage(plan: WritePlan, where = "true"): string {
  const values = plan.columns.map((column, index) => read(stageColumn(index), column));
  const order = orderKey(plan).map((name) => values[positionOf(plan, name)]);
  const [distinct, last] =
    plan.key === null ? ["", "n"] : [`distinct on (${order.join(", ")})`, "n desc"];
  return `${insertInto(plan)}
    select ${distinct} ${values.join(", ")} from ${STAGE} where ${where}
    order by ${[...order, last].join(", ")}
    ${onConflict(plan)}`;
}

/** @param values one for each column, of the column's type */
export function insertValues(plan: WritePlan, values: readonly string[]): string {
  return `${insertInto(plan)} values (${values.join(", ")}) ${onConflict(plan)}`;
}

export function stageColumn(index: number): string {
  return `c${index}`;
}

export function positionOf({ columns }: WritePlan, name: string): number {
  return columns.findIndex((column) => column.name === name);
}

/** The text as a value. The type stands without its length, since a cast would cut off instead of refusing. */
export function read(cell: string, { type }: TableColumn): string {
  return `${cell}::${type.bareSql}`;
}

/** The key of an upsert; for inserts any key whose columns are written. */
function orderKey({ table, columns, key }: WritePlan): readonly string[] {
  const isWritten = (name: string) => columns.some((column) => column.name === name);
  return key ?? table.uniqueKeys.find((unique) => unique.columns.every(isWritten))?.columns ?? [];
}

function insertInto({ table, columns }: WritePlan): string {
  const names = columns.map(({ name }) => quoteName(name)).join(", ");
  const overriding = columns.some((column) => column.isIdentityAlways)
    ? "overriding system value"
    : "";
  return `insert into ${table.quoted} as waybill_target (${names}) ${overriding}`;
}

/** Rows that would not change are left alone: they get no new version, so that no export finds a change in them. */
function onConflict({ key, update }: WritePlan): string {
  if (key === null) {
    return "";
  }
  const target = `on conflict (${key.map(quoteName).join(", ")})`;
  if (update.length === 0) {
    return `${target} do nothing`;
  }
  const names = update.map(quoteName);
  const side = (name: string) => `row(${names.map((each) => `${name}.${each}`).join(", ")})`;
  return `${target} do update set ${names.map((name) => `${name} = excluded.${name}`).join(", ")}
    where pg_catalog.record_image_ne(${side("waybill_target")}, ${side("excluded")})`;
}

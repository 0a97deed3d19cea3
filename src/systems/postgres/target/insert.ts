import type { Rounding } from "../../../domain/values/rounding.ts";
import { quoteName } from "../names.ts";
import type { TargetColumn, TargetTable } from "./target-table.ts";

/** Plan of the rows to write. */
export interface WritePlan {
  readonly table: TargetTable;
  /** Columns of the table, in the rows' order. */
  readonly columns: readonly TargetColumn[];
  /** Canonical text, by position, for new rows that do not mention the column; undefined: the table's default. */
  readonly whenAdded: readonly (string | undefined)[];
  /** By position, how values that do not fit are rounded; undefined: they are refused. */
  readonly round: readonly (Rounding | undefined)[];
  /** Columns that identify a row; null: rows are only added. */
  readonly key: readonly string[] | null;
  /** Columns that change in an existing row. */
  readonly update: readonly string[];
}

/** Plan of the rows that mention the same columns. */
export interface ShapePlan {
  readonly plan: WritePlan;
  /** The rows' `g` in the stage. */
  readonly id: number;
  /** Positions of the columns that the rows mention. */
  readonly given: readonly number[];
  /** Positions of the other columns. */
  readonly absent: readonly number[];
  /** Positions of the columns that have a value in a new row. */
  readonly added: readonly number[];
  /** Columns that change in an existing row. */
  readonly update: readonly string[];
}

/** @param mentions by position, whether the rows mention the column */
export function planShape(plan: WritePlan, mentions: readonly boolean[], id: number): ShapePlan {
  const positions = [...plan.columns.keys()];
  const given = positions.filter((index) => mentions[index]);
  return {
    ...{ plan, id, given },
    absent: positions.filter((index) => !mentions[index]),
    added: positions.filter((index) => mentions[index] || plan.whenAdded[index] !== undefined),
    update: plan.update.filter((name) => mentions[positionOf(plan, name)]),
  };
}

/** Whether rows of this shape can be written. A row without a key, or without any value, is refused earlier. */
export function isWritable({ plan, given }: ShapePlan): boolean {
  const names = given.map((index) => nameAt(plan, index));
  return names.length > 0 && (plan.key ?? []).every((name) => names.includes(name));
}

/**
 * Temporary table to which a batch is copied. It holds a row's position in the batch as `n`, its shape as `g`, then a
 * text for each column.
 */
export const STAGE = "pg_temp.waybill_rows";

const GIVEN = "waybill_given";
const THERE = "waybill_there";

/**
 * The statements that write rows of one shape from the stage.
 *
 * If several rows have one key, an upsert takes the last, since a statement may change a row only once. The order of
 * the key keeps two imports from waiting for each other. An upsert of rows that do not mention every column has two
 * steps. The first writes existing rows, with their own values where nothing is mentioned, so that no rule of the table
 * sees a null. The second writes new rows, which get the table's defaults.
 *
 * @param where a condition on the stage's `n`
 */
export function stageStatements(shape: ShapePlan, where = "true"): string[] {
  const { plan, id, added, given, absent } = shape;
  const from = `${STAGE} where g = ${id} and ${where}`;
  const [distinct, last] =
    plan.key === null ? ["", "n"] : [`distinct on (${orderOf(plan)})`, "n desc"];
  const order = [orderOf(plan), last].filter(Boolean).join(", ");
  if (plan.key === null || absent.length === 0) {
    return [
      `${insertInto(plan, added)} select ${distinct} ${staged(plan, added)} from ${from}
       order by ${order} ${onConflict(shape)}`,
    ];
  }
  const names = given.map((index) => `${GIVEN}.${quoteName(nameAt(plan, index))}`);
  const own = absent.map((index) => `${THERE}.${quoteName(nameAt(plan, index))}`);
  const values = given.map(
    (index) => `${stagedCell(plan, index)} as ${quoteName(nameAt(plan, index))}`,
  );
  const isSame = (name: string) => `${THERE}.${quoteName(name)} = ${GIVEN}.${quoteName(name)}`;
  const isThere = plan.key.map(
    (name) => `${THERE}.${quoteName(name)} = ${stagedCell(plan, positionOf(plan, name))}`,
  );
  return [
    `${insertInto(plan, [...given, ...absent])} select ${[...names, ...own].join(", ")}
     from (select ${distinct} ${values.join(", ")} from ${from} order by ${order}) as ${GIVEN}
       join ${plan.table.quoted} as ${THERE} on ${plan.key.map(isSame).join(" and ")}
     order by ${plan.key.map((name) => `${GIVEN}.${quoteName(name)}`).join(", ")} ${onConflict(shape)}`,
    `${insertInto(plan, added)} select ${distinct} ${staged(plan, added)} from ${from}
       and not exists (select from ${plan.table.quoted} as ${THERE} where ${isThere.join(" and ")})
     order by ${order} ${onConflict(shape)}`,
  ];
}

/**
 * A query that has a row when rows of one key have different shapes. Then the order of their statements matters.
 *
 * @param where a condition on the stage's `n`
 */
export function mixedKeys(plan: WritePlan, where = "true"): string {
  const key = (plan.key ?? []).map((name) => stagedCell(plan, positionOf(plan, name)));
  return `select from ${STAGE} where ${where} group by ${key.join(", ")} having count(distinct g) > 1`;
}

/**
 * The statement of PL/pgSQL that writes one row.
 *
 * @param value a column's value, of its type
 */
export function writeRow(shape: ShapePlan, value: (index: number) => string): string {
  const { plan, added, given, absent } = shape;
  const add = `${insertInto(plan, added)} values (${added.map(value).join(", ")}) ${onConflict(shape)};`;
  if (plan.key === null || absent.length === 0) {
    return add;
  }
  const isThere = plan.key.map(
    (name) => `${THERE}.${quoteName(name)} = ${value(positionOf(plan, name))}`,
  );
  const from = `from ${plan.table.quoted} as ${THERE} where ${isThere.join(" and ")}`;
  const own = absent.map((index) => `${THERE}.${quoteName(nameAt(plan, index))}`);
  return `
    if exists (select ${from}) then
      ${insertInto(plan, [...given, ...absent])} select ${[...given.map(value), ...own].join(", ")} ${from}
      ${onConflict(shape)};
    else
      ${add}
    end if;`;
}

export function stageColumn(index: number): string {
  return `c${index}`;
}

export function positionOf({ columns }: WritePlan, name: string): number {
  return columns.findIndex((column) => column.name === name);
}

/**
 * The text as a value. The type stands without its length, because a cast with length would cut off instead of
 * refusing.
 */
export function read(cell: string, { type }: TargetColumn): string {
  return `${cell}::${type.bareSql}`;
}

function nameAt({ columns }: WritePlan, index: number): string {
  return (columns[index] as TargetColumn).name;
}

function stagedCell({ columns }: WritePlan, index: number): string {
  return read(stageColumn(index), columns[index] as TargetColumn);
}

function staged(plan: WritePlan, positions: readonly number[]): string {
  return positions.map((index) => stagedCell(plan, index)).join(", ");
}

/** The key of an upsert; for inserts any key whose columns are written. */
function orderOf(plan: WritePlan): string {
  const { table, columns, key } = plan;
  const isWritten = (name: string) => columns.some((column) => column.name === name);
  const order =
    key ?? table.uniqueKeys.find((unique) => unique.columns.every(isWritten))?.columns ?? [];
  return order.map((name) => stagedCell(plan, positionOf(plan, name))).join(", ");
}

function insertInto({ table, columns }: WritePlan, positions: readonly number[]): string {
  const written = positions.map((index) => columns[index] as TargetColumn);
  const names = written.map(({ name }) => quoteName(name)).join(", ");
  const overriding = written.some((column) => column.isIdentityAlways)
    ? "overriding system value"
    : "";
  return `insert into ${table.quoted} as waybill_target (${names}) ${overriding}`;
}

/** Rows that would not change are left alone. They get no new version, so that no export finds a change in them. */
function onConflict({ plan: { key }, update }: ShapePlan): string {
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

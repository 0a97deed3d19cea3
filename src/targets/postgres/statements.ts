import pg from "pg";
import { INSUFFICIENT_PRIVILEGE, ROW_FAULT_PATTERN } from "./postgres-errors.ts";
import { quoteName, type Table, type TableColumn } from "./table.ts";

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

/** A row that PostgreSQL refused, as `readRefused` returns it. */
export interface RefusedByServer {
  /** Position in the batch. */
  readonly n: number;
  /** Position of the column whose value was being read; null: the row as a whole was refused. */
  readonly field: number | null;
  readonly state: string;
  readonly message: string;
  /** As far as PostgreSQL says; else empty. */
  readonly column: string;
  readonly rule: string;
}

/**
 * The statements that write one batch.
 *
 * A batch goes by COPY into a temporary table of texts, which takes whatever a row holds, and from there into the
 * table: at first all rows in one statement (`writeAll`). When that fails for a reason that a row may have, each row
 * is tried by itself (`writeEach`), in one round trip and in linear time: the good ones stay, the bad ones are listed.
 *
 * Several rows of one key in a batch: `writeAll` writes the last one; `writeEach` all, in their order. So the last one
 * that can be written wins. Rows are written in the order of the key, so that two imports do not wait for each other.
 */
export interface Statements {
  readonly createStage: string;
  readonly emptyStage: string;
  readonly copy: string;
  readonly writeAll: string;
  readonly writeEach: string;
  readonly readRefused: string;
}

const STAGE = "pg_temp.waybill_rows";
const REFUSED = "pg_temp.waybill_refused";

export function writeStatements(plan: WritePlan): Statements {
  const cells = plan.columns.map((_, index) => `c${index}`);
  return {
    createStage: `create temporary table waybill_rows (
      n integer, ${cells.map((cell) => `${cell} text`).join(", ")}) on commit drop`,
    emptyStage: `truncate ${STAGE}`,
    copy: `copy ${STAGE} from stdin`,
    writeAll: writeAll(plan),
    writeEach: writeEach(plan),
    readRefused: `
      select n, nullif(field, -1) as field, state, message, column_name as column, rule
      from ${REFUSED} order by n`,
  };
}

function writeAll(plan: WritePlan): string {
  const values = plan.columns.map((column, index) => read(`c${index}`, column));
  const order = orderKey(plan).map((name) => values[indexOf(plan, name)]);
  const [distinct, last] =
    plan.key === null ? ["", "n"] : [`distinct on (${order.join(", ")})`, "n desc"];
  return `${insertInto(plan)}
    select ${distinct} ${values.join(", ")} from ${STAGE}
    order by ${[...order, last].join(", ")}
    ${onConflict(plan)}`;
}

/** The key of an upsert; for inserts any key whose columns are written. */
function orderKey({ table, columns, key }: WritePlan): readonly string[] {
  const isWritten = (name: string) => columns.some((column) => column.name === name);
  return key ?? table.uniqueKeys.find((unique) => unique.columns.every(isWritten))?.columns ?? [];
}

function indexOf({ columns }: WritePlan, name: string): number {
  return columns.findIndex((column) => column.name === name);
}

/** The text as a value. The type stands without its length, since a cast would cut off instead of refusing. */
function read(cell: string, { type }: TableColumn): string {
  return `${cell}::${type.bareSql}`;
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

/** PL/pgSQL, because only there one row's error does not end the statement. */
function writeEach(plan: WritePlan): string {
  const { columns, table, key } = plan;
  const variables = columns.map(({ type }, index) => `waybill_v${index} ${type.sql};`);
  const body = `
    #variable_conflict use_column
    declare
      waybill_row record;
      waybill_field integer;
      waybill_checked boolean;
      waybill_again boolean;
      waybill_direction integer := 1;
      waybill_state text; waybill_message text; waybill_column text; waybill_rule text;
      ${variables.join("\n")}
    begin
      for waybill_row in select * from ${STAGE} order by n loop
        ${attempt(plan, { onWritten: "", onRefused: NOTE_REFUSED })}
      end loop;
      ${table.referencesItself ? tryReferencesAgain(plan, key ?? []) : ""}
    end`;
  return `
    create temporary table if not exists waybill_refused (
      n integer, field integer, state text, message text, column_name text, rule text) on commit drop;
    truncate ${REFUSED};
    do ${pg.escapeLiteral(body)}`;
}

/** Each value is read on its own, so that the column whose value is bad is known. */
function attempt(
  plan: WritePlan,
  { onWritten, onRefused }: { onWritten: string; onRefused: string },
): string {
  const reads = plan.columns.map((column, index) => {
    const checked =
      column.domain === null
        ? ""
        : `waybill_checked := (waybill_v${index}::${column.domain}) is null;`;
    return `waybill_field := ${index};
      waybill_v${index} := ${read(`waybill_row.c${index}`, column)}; ${checked}`;
  });
  const values = plan.columns.map((_, index) => `waybill_v${index}`).join(", ");
  const denied = plan.table.rowSecurity ? ` and waybill_state <> '${INSUFFICIENT_PRIVILEGE}'` : "";
  return `
    begin
      ${reads.join("\n")}
      waybill_field := -1;
      ${insertInto(plan)} values (${values}) ${onConflict(plan)};
      ${onWritten}
    exception when others then
      get stacked diagnostics waybill_state = returned_sqlstate, waybill_message = message_text,
        waybill_column = column_name, waybill_rule = constraint_name;
      if waybill_state !~ '${ROW_FAULT_PATTERN}'${denied} then
        raise;
      end if;
      ${onRefused}
    end;`;
}

const NOTE_REFUSED = `insert into ${REFUSED} values (waybill_row.n, waybill_field, waybill_state,
        left(waybill_message, 1000), waybill_column, waybill_rule);`;

/**
 * For tables that reference themselves: a row may stand before the row that it references. The direction changes with
 * each pass, so that a tree takes two, whether it is listed from its root or from its leaves.
 *
 * A row is not tried again when a later one of its key has been written, since that one must win.
 */
function tryReferencesAgain(plan: WritePlan, key: readonly string[]): string {
  const sameKey = key.map((name) => {
    const cell = `c${indexOf(plan, name)}`;
    return `later.${cell} = stage.${cell}`;
  });
  const superseded =
    key.length === 0
      ? ""
      : `and not exists (
          select from ${STAGE} as later
          where later.n > stage.n and ${sameKey.join(" and ")}
            and not exists (select from ${REFUSED} as bad where bad.n = later.n))`;
  const forget = `delete from ${REFUSED} where n = waybill_row.n; waybill_again := true;`;
  return `
    loop
      waybill_again := false;
      waybill_direction := -waybill_direction;
      for waybill_row in
        select stage.* from ${STAGE} as stage join ${REFUSED} as refused using (n)
        where refused.state = '23503' ${superseded} order by n * waybill_direction
      loop
        ${attempt(plan, { onWritten: forget, onRefused: "" })}
      end loop;
      exit when not waybill_again;
    end loop;`;
}

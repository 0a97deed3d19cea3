import pg from "pg";
import {
  mixedKeys,
  positionOf,
  read,
  type ShapePlan,
  STAGE,
  stageColumn,
  stageStatements,
  type WritePlan,
  writeRow,
} from "./insert.ts";
import { INSUFFICIENT_PRIVILEGE, RAISED, ROW_FAULT_PATTERN } from "./target-errors.ts";
import type { TargetColumn } from "./target-table.ts";

/** A row that PostgreSQL refused, as `readRefused` returns it. */
export interface RefusedByServer {
  /** Position in the batch. */
  readonly n: number;
  /** Position of the column whose value was being read; null: the whole row was refused. */
  readonly field: number | null;
  readonly state: string;
  readonly message: string;
  /** As far as PostgreSQL names it; otherwise empty. */
  readonly column: string;
  readonly rule: string;
  /** Whether the message of a trigger or a function names something of the database. */
  readonly namesInside: boolean;
}

const REFUSED = "pg_temp.waybill_refused";

/** A name that could be an ordinary word counts only in quotes, or with a dot and more text after it. */
export const READ_REFUSED = `
  select n, nullif(field, -1) as field, state, message, column_name as column, rule,
    state = '${RAISED}' and exists (
      select from (
        select nspname from pg_namespace
        union all select relname from pg_class
        union all select rolname from pg_roles
        union all select proname from pg_proc where pronamespace <> 'pg_catalog'::regnamespace
        union all select conname from pg_constraint
        union all select current_database()
      ) inside(name)
      where name !~ '^pg_' and position(lower(name) in lower(message)) > 0 and (
        name ~ '[^a-z]' or message ilike '%"' || name || '"%' or message ilike '%' || name || '.' || '_%'
      )
    ) as "namesInside"
  from ${REFUSED} order by n`;

/** Rows that are tried together before they are tried one by one. Most groups of a batch have no bad row. */
const GROUP_ROWS = 100;

/**
 * Writes each row of the stage that can be written, and lists the others.
 *
 * In PL/pgSQL, because only there one row's error does not end the statement.
 */
export function writeEach(plan: WritePlan, shapes: readonly ShapePlan[]): string {
  const { columns, table, key } = plan;
  const variables = columns.map(({ type }, index) => `${variable(index)} ${type.sql};`);
  const group = `n >= waybill_from and n < waybill_from + ${GROUP_ROWS}`;
  const body = `
    #variable_conflict use_column
    declare
      waybill_from integer;
      waybill_row record;
      waybill_field integer;
      waybill_checked boolean;
      waybill_again boolean;
      waybill_direction integer := 1;
      waybill_state text; waybill_message text; waybill_column text; waybill_rule text;
      ${variables.join("\n")}
    begin
      for waybill_from in
        select * from generate_series(0, (select max(n) from ${STAGE}), ${GROUP_ROWS})
      loop
        begin
          ${shapes.length > 1 ? refuseMixedKeys(plan, group) : ""}
          ${shapes.flatMap((shape) => stageStatements(shape, group)).join(";\n")};
        exception when others then
          ${raiseUnlessRowFault(plan)}
          for waybill_row in select * from ${STAGE} where ${group} order by n loop
            ${attempt({ plan, shapes }, { onWritten: "", onRefused: NOTE_REFUSED })}
          end loop;
        end;
      end loop;
      ${table.referencesItself ? tryReferencesAgain({ plan, shapes }, key ?? []) : ""}
    end`;
  return `
    create temporary table if not exists waybill_refused (
      n integer, field integer, state text, message text, column_name text, rule text) on commit drop;
    truncate ${REFUSED};
    do ${pg.escapeLiteral(body)}`;
}

function variable(index: number): string {
  return `waybill_v${index}`;
}

/**
 * PL/pgSQL that raises an error of the kind that rows cause, so that the rows are then tried one by one.
 *
 * @param where a condition on the stage's `n`
 */
export function refuseMixedKeys(plan: WritePlan, where?: string): string {
  return plan.key === null
    ? ""
    : `if exists (${mixedKeys(plan, where)}) then raise exception using errcode = '21000'; end if;`;
}

interface Shapes {
  readonly plan: WritePlan;
  readonly shapes: readonly ShapePlan[];
}

function attempt(
  { plan, shapes }: Shapes,
  { onWritten, onRefused }: { onWritten: string; onRefused: string },
): string {
  const branches = shapes.map(
    (shape) => `when ${shape.id} then ${reads(shape)} ${writeRow(shape, variable)}`,
  );
  return `
    begin
      case waybill_row.g ${branches.join("\n")} end case;
      ${onWritten}
    exception when others then
      ${raiseUnlessRowFault(plan)}
      ${onRefused}
    end;`;
}

/** Each value is read separately, so that the column of a bad value is known. */
function reads({ plan, added }: ShapePlan): string {
  const each = added.map((index) => {
    const column = plan.columns[index] as TargetColumn;
    const assigned = `${variable(index)} := ${read(`waybill_row.${stageColumn(index)}`, column)};`;
    const checked =
      column.domain === null
        ? ""
        : `waybill_checked := (${variable(index)}::${column.domain}) is null;`;
    return `waybill_field := ${index}; ${assigned} ${checked}`;
  });
  return `${each.join("\n")} waybill_field := -1;`;
}

function raiseUnlessRowFault({ table }: WritePlan): string {
  const denied = table.rowSecurity ? ` and waybill_state <> '${INSUFFICIENT_PRIVILEGE}'` : "";
  return `
    get stacked diagnostics waybill_state = returned_sqlstate, waybill_message = message_text,
      waybill_column = column_name, waybill_rule = constraint_name;
    if waybill_state !~ '${ROW_FAULT_PATTERN}'${denied} then
      raise;
    end if;`;
}

const NOTE_REFUSED = `insert into ${REFUSED} values (waybill_row.n, waybill_field, waybill_state,
        left(waybill_message, 1000), waybill_column, waybill_rule);`;

/**
 * For tables that reference themselves: a row may stand before the row that it references. The direction changes with
 * each pass. So a tree takes two passes, whether it is listed from its root or from its leaves.
 *
 * A row is not tried again after a later row of its key was written, since the later one must win.
 */
function tryReferencesAgain({ plan, shapes }: Shapes, key: readonly string[]): string {
  const sameKey = key.map((name) => {
    const cell = stageColumn(positionOf(plan, name));
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
        ${attempt({ plan, shapes }, { onWritten: forget, onRefused: "" })}
      end loop;
      exit when not waybill_again;
    end loop;`;
}

import { AppError } from "../../../domain/errors.ts";
import { quoteTable, tableParts } from "../names.ts";
import type { WriteSession } from "./write-session.ts";

/** A table that rows are written to, as the catalogue describes it. */
export interface TargetTable {
  /** Name in the definition. */
  readonly name: string;
  /** `"schema"."name"`, for statements. */
  readonly quoted: string;
  /** The schema's name, unquoted. */
  readonly schema: string;
  readonly columns: readonly TargetColumn[];
  /** Columns of each unique index that an upsert can use; the primary key's come first. */
  readonly uniqueKeys: readonly UniqueKey[];
  /** Constraints and unique indexes by name, those of its partitions included. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** Whether a foreign key of the table points to the table itself. */
  readonly referencesItself: boolean;
  /** Whether row-level security applies to the connection's role. */
  readonly rowSecurity: boolean;
}

export interface TargetColumn {
  readonly name: string;
  readonly notNull: boolean;
  /** Whether a row that does not mention the column gets a value. */
  readonly fillsItself: boolean;
  /** Computed from other columns. */
  readonly isGenerated: boolean;
  /** `GENERATED ALWAYS AS IDENTITY`. */
  readonly isIdentityAlways: boolean;
  /** Domain as SQL; null without a domain. */
  readonly domain: string | null;
  /** The type, beneath all domains. */
  readonly type: TableType;
}

export interface TableType {
  readonly id: number;
  /** Type with its modifier, e.g. `numeric(12,2)`. */
  readonly sql: string;
  /** Type without its modifier, so that a cast does not cut off: `numeric`, `bpchar`. */
  readonly bareSql: string;
  /** -1: none. */
  readonly modifier: number;
  /** Labels of an enum, in order; otherwise empty. */
  readonly labels: readonly string[];
  /** Type of an array's elements, beneath all domains; null for other types. */
  readonly element: {
    readonly id: number;
    /** -1: none. */
    readonly modifier: number;
    readonly delimiter: string;
  } | null;
  /** Whether the type, or the type of its elements, is composite. */
  readonly isComposite: boolean;
}

export interface UniqueKey {
  readonly columns: readonly string[];
  readonly isPrimary: boolean;
}

export interface Rule {
  readonly kind: "unique" | "foreign" | "check" | "exclusion";
  /** Empty for an index on an expression, and for a check of a domain. */
  readonly columns: readonly string[];
  /** The table that a foreign key points to, or the condition of a check; otherwise empty. */
  readonly detail: string;
}

/**
 * Reads a table's catalogue entry.
 *
 * @throws AppError `target-invalid` when rows cannot be written to it
 */
export async function findTargetTable(session: WriteSession, name: string): Promise<TargetTable> {
  const quoted = quoteTable(name);
  const [relation] = await session.query<Relation>(RELATION, [quoted]);
  if (relation === undefined || !WRITABLE_KINDS.has(relation.kind)) {
    const state = relation === undefined ? "it does not exist" : "it is not a table";
    throw new AppError("target-invalid", `Cannot write to table "${name}": ${state}`);
  }
  if (relation.encoding !== "UTF8") {
    throw new AppError(
      "target-invalid",
      `Cannot write to table "${name}": its database is in ${relation.encoding}, not in UTF8`,
    );
  }
  const [columns, uniqueKeys, rules] = [
    await session.query<ColumnRow>(COLUMNS, [relation.id]),
    await session.query<UniqueKey & { usable: boolean }>(UNIQUE_KEYS, [relation.id]),
    await session.query<Rule & { name: string }>(RULES, [relation.id]),
  ];
  return {
    name,
    quoted,
    schema: tableParts(name)[0],
    columns: columns.map(tableColumn),
    uniqueKeys,
    rules: new Map(rules.map((rule) => [rule.name, rule])),
    referencesItself: relation.references_itself,
    rowSecurity: relation.row_security,
  };
}

/** Tables, partitioned tables, views. */
const WRITABLE_KINDS: ReadonlySet<string> = new Set(["r", "p", "v"]);

interface Relation {
  id: string;
  kind: string;
  encoding: string;
  row_security: boolean;
  references_itself: boolean;
}

/** The table itself and its partitions: an error names the partition's index. */
const FAMILY = `
  family(id) as (
    select $1::oid union select relid::oid from pg_partition_tree($1::oid::regclass)
  )`;

const RELATION = `
  select c.oid::text as id, c.relkind as kind, getdatabaseencoding() as encoding,
    row_security_active(c.oid) as row_security,
    exists (
      select from pg_constraint f where f.contype = 'f' and f.conrelid = c.oid and f.confrelid = c.oid
    ) as references_itself
  from pg_class c where c.oid = to_regclass($1)`;

interface ColumnRow {
  name: string;
  not_null: boolean;
  fills_itself: boolean;
  is_generated: boolean;
  is_identity_always: boolean;
  domain: string | null;
  type_id: string;
  sql: string;
  bare_sql: string;
  modifier: number;
  labels: string[];
  element_id: string | null;
  element_modifier: number;
  is_composite: boolean;
  delimiter: string;
}

const COLUMNS = `
  with recursive beneath(number, type_id, modifier) as (
    select attnum, atttypid, atttypmod
    from pg_attribute where attrelid = $1::oid and attnum > 0 and not attisdropped
    union all
    select b.number, t.typbasetype, case b.modifier when -1 then t.typtypmod else b.modifier end
    from beneath b join pg_type t on t.oid = b.type_id where t.typtype = 'd'
  ), elements(number, type_id, modifier, delimiter) as (
    select b.number, t.typelem, b.modifier, e.typdelim
    from beneath b
      join pg_type t on t.oid = b.type_id and t.typinput = 'array_in'::regproc
      join pg_type e on e.oid = t.typelem
    union all
    select s.number, t.typbasetype, case s.modifier when -1 then t.typtypmod else s.modifier end, s.delimiter
    from elements s join pg_type t on t.oid = s.type_id where t.typtype = 'd'
  )
  select a.attname as name, a.attnotnull as not_null,
    a.atthasdef or a.attidentity <> '' as fills_itself,
    a.attgenerated <> '' as is_generated, a.attidentity = 'a' as is_identity_always,
    case when a.atttypid <> b.type_id then format_type(a.atttypid, null) end as domain,
    b.type_id::text as type_id, format_type(b.type_id, b.modifier) as sql,
    format_type(b.type_id, -1) as bare_sql, b.modifier,
    array(
      select enumlabel::text from pg_enum where enumtypid = b.type_id order by enumsortorder
    ) as labels,
    e.oid::text as element_id, coalesce(s.modifier, -1) as element_modifier,
    coalesce(s.delimiter, ',') as delimiter, 'c' in (t.typtype, e.typtype) as is_composite
  from beneath b
    join pg_attribute a on a.attrelid = $1::oid and a.attnum = b.number
    join pg_type t on t.oid = b.type_id and t.typtype <> 'd'
    left join (elements s join pg_type e on e.oid = s.type_id and e.typtype <> 'd') on s.number = b.number
  order by a.attnum`;

function tableColumn(row: ColumnRow): TargetColumn {
  return {
    name: row.name,
    notNull: row.not_null,
    fillsItself: row.fills_itself,
    isGenerated: row.is_generated,
    isIdentityAlways: row.is_identity_always,
    domain: row.domain,
    type: {
      id: Number(row.type_id),
      sql: row.sql,
      bareSql: row.bare_sql,
      modifier: row.modifier,
      labels: row.labels,
      element:
        row.element_id === null
          ? null
          : {
              id: Number(row.element_id),
              modifier: row.element_modifier,
              delimiter: row.delimiter,
            },
      isComposite: row.is_composite === true,
    },
  };
}

// ON CONFLICT (columns) cannot mean partial indexes, indexes on expressions and deferrable constraints.
const UNIQUE_KEYS = `
  select indisprimary as "isPrimary", array(
      select a.attname::text
      from unnest(indkey::int2[]) with ordinality k(number, position)
        join pg_attribute a on a.attrelid = indrelid and a.attnum = k.number
      where k.position <= indnkeyatts order by k.position
    ) as columns
  from pg_index
  where indrelid = $1::oid and indisunique and indimmediate and indisvalid
    and indpred is null and indexprs is null
  order by indisprimary desc, indexrelid`;

const RULES = `
  with recursive ${FAMILY}, domains(id) as (
    select atttypid from pg_attribute where attrelid = $1::oid and attnum > 0
    union select t.typbasetype from domains d join pg_type t on t.oid = d.id where t.typtype = 'd'
  )
  select conname::text as name,
    case contype when 'f' then 'foreign' when 'x' then 'exclusion' else 'check' end as kind,
    array(
      select a.attname::text from unnest(conkey) with ordinality k(number, position)
        join pg_attribute a on a.attrelid = conrelid and a.attnum = k.number
      order by k.position
    ) as columns,
    case contype
      when 'f' then confrelid::regclass::text
      when 'c' then pg_get_constraintdef(oid, true)
      else ''
    end as detail
  from pg_constraint
  where contype in ('f', 'x', 'c') and (
    conrelid in (select id from family)
    or (contypid <> 0 and contypid in (select id from domains))
  )
  union all
  select i.relname::text, 'unique', case when x.indexprs is null then array(
      select a.attname::text
      from unnest(x.indkey::int2[]) with ordinality k(number, position)
        join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.number
      where k.position <= x.indnkeyatts order by k.position
    ) else array[]::text[] end, ''
  from pg_index x join pg_class i on i.oid = x.indexrelid
  where x.indisunique and x.indrelid in (select id from family)`;

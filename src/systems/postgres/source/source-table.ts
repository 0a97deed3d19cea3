import { AppError } from "../../../domain/errors.ts";
import { shortDigest } from "../../../domain/values/digest.ts";
import { quoteTable } from "../names.ts";
import type { ReadSession } from "./read-session.ts";

/** A table of the catalogue. */
export interface SourceTable {
  /** Name in the definition. */
  readonly name: string;
  /** `"schema"."name"`, for statements. */
  readonly quoted: string;
  readonly id: number;
  /** Ids of the table itself, its children and its partitions. */
  readonly tableIds: readonly number[];
  /** For each of these ids, the file of its rows. TRUNCATE and rewriting statements change it. */
  readonly files: Readonly<Record<string, number>>;
  /** Whether PostgreSQL itself stores all rows in files, with versions. */
  readonly isStored: boolean;
  readonly columns: readonly SourceColumn[];
}

export interface SourceColumn {
  readonly name: string;
  /** Number of the column. Numbers grow and are never reused. */
  readonly number: number;
  /** For a domain, the type beneath it. */
  readonly typeId: number;
  /** The type as SQL, e.g. `numeric(12,2)`. */
  readonly type: string;
  /** Whether rows older than the column can have a value in it without a new version. */
  readonly fillsOldRows: boolean;
  /** Expression of a virtual generated column, which can change without a new row version. */
  readonly expression: string | null;
}

const KINDS: Readonly<Record<string, string>> = {
  v: "a view",
  m: "a materialized view",
  f: "a foreign table",
  S: "a sequence",
};

/**
 * Whether a name stands for a table, partitioned or not, which can be locked; false for a view and the like.
 *
 * @throws AppError `source-invalid` when the name does not exist
 */
export async function isTable(session: ReadSession, name: string): Promise<boolean> {
  const [relation] = await session.query<{ kind: string }>(
    "select relkind as kind from pg_class where oid = to_regclass($1)",
    [quoteTable(name)],
  );
  if (relation === undefined) {
    throw new AppError("source-invalid", `Cannot read table "${name}": it does not exist`);
  }
  return relation.kind === "r" || relation.kind === "p";
}

function noVersions(name: string, kind: string): AppError {
  return new AppError(
    "source-invalid",
    `Cannot read changes of "${name}" by snapshot: it is ${kind}, whose rows have no versions; ` +
      'read the tables beneath it, or use incremental by "cursor-column" or "none"',
  );
}

/**
 * Reads a table's catalogue entry.
 *
 * @param options.exact whether its rows must have versions
 * @throws AppError `source-invalid`
 */
export async function findSourceTable(
  session: ReadSession,
  name: string,
  options: { exact: boolean },
): Promise<SourceTable> {
  const quoted = quoteTable(name);
  const family = await session.query<Relation>(FAMILY, [quoted]);
  const other = family.find(
    ({ kind, method }) => !(kind === "p" || (kind === "r" && method === "heap")),
  );
  if (options.exact && other !== undefined) {
    const kind = KINDS[other.kind] ?? `a table with access method "${other.method}"`;
    throw noVersions(other.name, kind);
  }
  const tableIds = family.map(({ id }) => Number(id));
  const columns = await session.query<ColumnRow>(COLUMNS, [quoted, tableIds]);
  return {
    name,
    quoted,
    id: Number(family.find(({ isRoot }) => isRoot)?.id),
    tableIds,
    files: Object.fromEntries(family.map(({ id, file }) => [id, Number(file)])),
    isStored: other === undefined,
    columns: columns.map((column) => ({
      name: column.name,
      number: column.number,
      typeId: Number(column.type_id),
      type: column.type,
      fillsOldRows: column.fills_old_rows,
      expression: column.expression,
    })),
  };
}

/** @throws AppError `source-invalid` */
export function columnNamed(table: SourceTable, name: string): SourceColumn {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) {
    const names = table.columns.map((each) => `"${each.name}"`).join(", ");
    throw new AppError(
      "source-invalid",
      `Cannot read table "${table.name}": it has no column "${name}", only ${names}`,
    );
  }
  return column;
}

/** The columns of a table, as far as they decide whether old row versions are still valid. */
export interface TableShape {
  readonly tableId: number;
  readonly lastColumn: number;
  readonly digest: string;
}

export function shapeOf(id: number, columns: readonly SourceColumn[]): TableShape {
  const facts = columns.map(({ name, number, typeId, expression }) => [
    name,
    number,
    typeId,
    expression,
  ]);
  return {
    tableId: id,
    lastColumn: Math.max(...columns.map(({ number }) => number)),
    digest: shortDigest(facts),
  };
}

/**
 * Whether rows that were read under the earlier shape would be the same if they were read now.
 *
 * A column that was added empty is fine: it is null in all rows without a new version.
 */
export function stillTrue(earlier: TableShape, columns: readonly SourceColumn[]): boolean {
  const old = columns.filter(({ number }) => number <= earlier.lastColumn);
  const added = columns.filter(({ number }) => number > earlier.lastColumn);
  return (
    old.length > 0 &&
    shapeOf(earlier.tableId, old).digest === earlier.digest &&
    added.every(({ fillsOldRows, expression }) => !fillsOldRows && expression === null)
  );
}

interface Relation {
  id: string;
  name: string;
  kind: string;
  method: string;
  isRoot: boolean;
  file: string;
}

const FAMILY = `
  with recursive family(id) as (
    select to_regclass($1)::oid
    union
    select inhrelid from pg_inherits join family on inhparent = family.id
  )
  select c.oid::text as id, c.oid::regclass::text as name, c.relkind as kind,
    coalesce(m.amname, '') as method, c.oid = to_regclass($1) as "isRoot", c.relfilenode::text as file
  from family join pg_class c on c.oid = family.id left join pg_am m on m.oid = c.relam
  order by c.oid`;

interface ColumnRow {
  name: string;
  number: number;
  type_id: string;
  type: string;
  fills_old_rows: boolean;
  expression: string | null;
}

// A partitioned table itself stores no value for old rows; its partitions do.
const COLUMNS = `
  select a.attname as name, a.attnum as number,
    coalesce(nullif(y.typbasetype, 0), y.oid)::text as type_id,
    format_type(a.atttypid, a.atttypmod) as type,
    a.atthasdef or exists (
      select from pg_attribute p
      where p.attrelid = any($2::oid[]) and p.attname = a.attname and p.atthasmissing
    ) as fills_old_rows,
    case when a.attgenerated = 'v' then pg_get_expr(d.adbin, d.adrelid) end as expression
  from pg_attribute a join pg_type y on y.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
  order by a.attnum`;

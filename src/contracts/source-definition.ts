import { z } from "zod";
import {
  ConnectionName,
  HttpPath,
  HttpQuery,
  HttpRetry,
  JsonPath,
  ParameterName,
  PostgresName,
  PostgresTable,
} from "./connection-names.ts";
import { ColumnType } from "./rows.ts";

/**
 * Reads what no earlier read could see, by PostgreSQL's own book-keeping (`xmin`). Exact, and needs no column,
 * trigger or privilege beyond SELECT; scans the whole table.
 */
const BySnapshot = z.strictObject({
  by: z.literal("snapshot"),
  /**
   * Lets an index narrow the scan: only rows whose `column` (set from `now()` by whoever writes) is null or not older
   * than the previous read less `overlapMs`, which must exceed the longest writing transaction. This brings trust in
   * the column back: rows that are written with an older value are lost.
   */
  narrow: z
    .strictObject({
      column: PostgresName,
      overlapMs: z
        .int()
        .min(1_000)
        .max(30 * 86_400_000)
        .default(86_400_000),
    })
    .optional(),
});

/**
 * Reads rows by a timestamp column which every write sets from `now()`. Weaker than `snapshot`: a row written with
 * another value is lost. Rows with null there are returned by every read.
 */
const ByTimestampColumn = z.strictObject({
  by: z.literal("cursor-column"),
  column: PostgresName,
  /** How far a read may go without passing a row that a running transaction has yet to commit. */
  edge: z.discriminatedUnion("by", [
    /** To the start of the oldest running transaction; needs the role `pg_read_all_stats` and the primary server. */
    z.strictObject({ by: z.literal("transactions") }),
    /** To `lagMs` before now. A guess: a transaction that runs longer loses its rows. */
    z.strictObject({
      by: z.literal("lag"),
      lagMs: z
        .int()
        .min(1_000)
        .max(7 * 86_400_000),
    }),
  ]),
  /** States that a column of type `timestamp without time zone` holds UTC; without this such a column is refused. */
  localTimesAreUtc: z.boolean().default(false),
});

const Never = z.strictObject({ by: z.literal("none") });

/** How deleted rows become known; adds a boolean column to the rows. */
const PostgresDeleted = z.discriminatedUnion("by", [
  z.strictObject({
    by: z.literal("soft-delete"),
    /** A boolean column (true: deleted) or any other (not null: deleted). */
    column: PostgresName,
    /** Deleted is when the column's text is one of these instead. */
    values: z.array(z.string()).min(1).max(100).optional(),
    as: PostgresName.default("deleted"),
  }),
  /**
   * A table into which each delete writes a row with the deleted key. Such a key becomes a row with nothing but the
   * key and `deleted`, unless a row of that key lives again.
   */
  z.strictObject({
    by: z.literal("tombstones"),
    table: PostgresTable,
    /** Key column of the table -> the tombstone's column that holds it. */
    key: z
      .record(PostgresName, PostgresName)
      .refine((key) => Object.keys(key).length > 0, "must map at least one key column"),
    as: PostgresName.default("deleted"),
  }),
]);

/** One positional value of a query; `cursor` stands for an end of the window that is read (null: from the beginning). */
const PostgresParameter = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.strictObject({ cursor: z.enum(["from", "to"]) }),
]);

export const PostgresDefinition = z
  .strictObject({
    kind: z.literal("postgres"),
    connection: ConnectionName,
    table: PostgresTable.optional(),
    /** The table's columns to read, in this order; all by default. */
    columns: z.array(PostgresName).min(1).max(1_600).optional(),
    /** One SELECT, with `$1`, `$2` ... for the parameters. */
    query: z.string().min(1).max(20_000).optional(),
    parameters: z.array(PostgresParameter).max(100).default([]),
    /** `snapshot` by default for a table; a query has to say. */
    incremental: z.discriminatedUnion("by", [BySnapshot, ByTimestampColumn, Never]).optional(),
    deleted: PostgresDeleted.optional(),
    /** What to do with a value that the canonical form cannot hold: NaN in a decimal, a date before 0001 or after 9999. */
    notRepresentable: z.enum(["fail", "null"]).default("fail"),
    batchRows: z.int().min(1).max(10_000).default(2_000),
    /** How long the database may take for one batch before the read is given up. */
    batchTimeoutMs: z.int().min(1_000).max(3_600_000).default(600_000),
  })
  .superRefine((definition, context) => {
    const problem = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if ((definition.table === undefined) === (definition.query === undefined)) {
      problem("table", 'must stand here, or "query" instead: exactly one of the two');
    }
    if (definition.table !== undefined && definition.parameters.length > 0) {
      problem("parameters", 'belong to "query"');
    }
    if (definition.query === undefined) {
      return;
    }
    if (definition.columns !== undefined) {
      problem("columns", 'belong to "table"; a query names its columns itself');
    }
    if (definition.deleted !== undefined) {
      problem("deleted", 'belongs to "table"; a query can return such a column itself');
    }
    if (definition.incremental === undefined) {
      problem(
        "incremental",
        'must be stated for a query: { by: "cursor-column", ... } or { by: "none" }',
      );
    }
    if (definition.incremental?.by === "snapshot") {
      problem(
        "incremental",
        'can be by "snapshot" only for a table: the rows of a query have no versions',
      );
    }
  });
export type PostgresDefinition = z.infer<typeof PostgresDefinition>;

const HttpJsonColumn = z.strictObject({
  name: z.string().min(1).max(128),
  /** Where in a row's object the value stands; the column's name as one member by default. */
  at: JsonPath.min(1).optional(),
  type: ColumnType,
});

const Paging = z.discriminatedUnion("by", [
  /** Follows `@odata.nextLink`. */
  z.strictObject({ by: z.literal("odata-nextlink") }),
  /** Follows `Link: <...>; rel="next"`, RFC 8288. */
  z.strictObject({ by: z.literal("link-header") }),
  /** Sends back the text that stands at `at`, until it is missing, null or empty. */
  z.strictObject({ by: z.literal("cursor"), at: JsonPath.min(1), parameter: ParameterName }),
  /** Counts the rows received, until a page is empty. Loses rows when rows are deleted between two pages. */
  z.strictObject({
    by: z.literal("offset"),
    parameter: ParameterName,
    limitParameter: ParameterName,
    limit: z.int().min(1).max(100_000),
  }),
  z.strictObject({ by: z.literal("none") }),
]);

/**
 * Asks for rows whose `column` is not older than the newest value that the source returned before, less `overlapMs`,
 * and leaves out those that an earlier read returned exactly so. A row that becomes visible later than `overlapMs`
 * after its own time is lost; no clock of ours is in it.
 */
const ByReturnedColumn = z.strictObject({
  by: z.literal("cursor-column"),
  /** One of `columns`, of type `datetime`. */
  column: z.string().min(1),
  filter: z.discriminatedUnion("by", [
    z.strictObject({
      by: z.literal("parameter"),
      parameter: ParameterName,
      /** The parameter's text, e.g. `gte:{from}`. */
      template: z
        .string()
        .refine((text) => text.includes("{from}"), 'must hold "{from}"')
        .default("{from}"),
    }),
    /** `$filter=<field> ge <instant>`, joined with a `$filter` of `query` by `and`. */
    z.strictObject({
      by: z.literal("odata"),
      field: z.string().regex(/^[A-Za-z_][A-Za-z0-9_/]{0,199}$/, "must be a property's name"),
    }),
  ]),
  overlapMs: z
    .int()
    .min(1_000)
    .max(30 * 86_400_000)
    .default(300_000),
});

export const HttpJsonDefinition = z
  .strictObject({
    kind: z.literal("http-json"),
    connection: ConnectionName,
    /** Beneath the connection's base URL, e.g. `v1/items`; the query goes into `query`. */
    path: HttpPath,
    query: HttpQuery.default({}),
    /** Where a page's array of rows stands; `""`: the page is the array. */
    rowsAt: JsonPath.default("value"),
    columns: z.array(HttpJsonColumn).min(1).max(1_000),
    paging: Paging,
    incremental: z.discriminatedUnion("by", [ByReturnedColumn, Never]),
    retry: HttpRetry.prefault({}),
    maxPages: z.int().min(1).max(1_000_000).default(100_000),
    maxPageBytes: z
      .int()
      .min(1_000)
      .max(256 * 1_048_576)
      .default(32 * 1_048_576),
  })
  .superRefine((definition, context) => {
    const types = new Map<string, ColumnType>();
    for (const [index, { name, type }] of definition.columns.entries()) {
      if (types.has(name)) {
        context.addIssue({
          code: "custom",
          path: ["columns", index, "name"],
          message: "must not stand twice",
        });
      }
      types.set(name, type);
    }
    const { incremental } = definition;
    if (incremental.by === "cursor-column" && types.get(incremental.column) !== "datetime") {
      context.addIssue({
        code: "custom",
        path: ["incremental", "column"],
        message: 'must be one of "columns", of type "datetime"',
      });
    }
  });
export type HttpJsonDefinition = z.infer<typeof HttpJsonDefinition>;

/** Where an export reads its rows. It names a connection; secrets stay in the app's settings. */
export const SourceDefinition = z.discriminatedUnion("kind", [
  PostgresDefinition,
  HttpJsonDefinition,
]);
export type SourceDefinition = z.infer<typeof SourceDefinition>;

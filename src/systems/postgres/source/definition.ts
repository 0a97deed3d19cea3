import { z } from "zod";
import { ConnectionName, Never } from "../../../domain/definitions/system-definition.ts";
import { DAY_MS } from "../../../formats/day.ts";
import { PostgresName, PostgresTable } from "../schemas.ts";

/**
 * Reads rows that no earlier read could see, by PostgreSQL's own book-keeping (`xmin`). Exact, and needs no column,
 * trigger or privilege beyond SELECT; scans the whole table.
 */
const BySnapshot = z.strictObject({
  by: z
    .literal("snapshot")
    .describe(
      "Reads rows that no earlier read could see, by PostgreSQL's own book-keeping. Exact, and needs no column; scans the whole table.",
    ),
  narrow: z
    .strictObject({
      column: PostgresName.describe("Timestamp column that every writer sets from `now()`."),
      overlapMs: z
        .int()
        .min(1_000)
        .max(30 * DAY_MS)
        .default(DAY_MS)
        .describe("Longer than the longest writing transaction, in milliseconds."),
    })
    .optional()
    .describe(
      "Lets an index narrow the scan to rows whose `column` is null, or at least the time of the previous read less `overlapMs`. Every writer must set `column` from `now()`, and `overlapMs` must exceed the longest writing transaction. A row written with an older value is lost.",
    ),
});

/**
 * Reads rows by a timestamp column that every write sets from `now()`. Weaker than `snapshot`: a row written with
 * another value is lost. Every read returns the rows whose value is null.
 */
const ByTimestampColumn = z.strictObject({
  by: z
    .literal("cursor-column")
    .describe(
      "Reads rows by a timestamp column that every write sets from `now()`. A row written with another value is lost.",
    ),
  column: PostgresName.describe(
    "The timestamp column. Every read returns the rows whose value is null.",
  ),
  edge: z
    .discriminatedUnion("by", [
      z.strictObject({
        by: z
          .literal("transactions")
          .describe(
            "Up to the start of the oldest running transaction; needs the role `pg_read_all_stats` and the primary server.",
          ),
      }),
      z.strictObject({
        by: z
          .literal("lag")
          .describe(
            "Up to `lagMs` before now. This is a guess: a transaction that runs longer loses its rows.",
          ),
        lagMs: z
          .int()
          .min(1_000)
          .max(7 * DAY_MS)
          .describe("In milliseconds."),
      }),
    ])
    .describe(
      "How far a read may go, so that it does not pass a row that a running transaction has yet to commit.",
    ),
  localTimesAreUtc: z
    .boolean()
    .default(false)
    .describe(
      "States that a column of type `timestamp without time zone` holds UTC. Without this statement such a column is refused.",
    ),
});

/** How deleted rows are found; adds a boolean column to the rows. */
const PostgresDeleted = z.discriminatedUnion("by", [
  z.strictObject({
    by: z.literal("soft-delete").describe("By a column of the row."),
    column: PostgresName.describe(
      "A boolean column (true: deleted) or any other column (not null: deleted).",
    ),
    values: z
      .array(z.string())
      .min(1)
      .max(100)
      .optional()
      .describe("Instead: the row is deleted when the column's text is one of these."),
    as: PostgresName.default("deleted").describe(
      "Name of the boolean column that is added to the rows.",
    ),
  }),
  z.strictObject({
    by: z
      .literal("tombstones")
      .describe(
        "By a table into which each delete writes a row with the deleted key. Such a key becomes a row that has only the key and `as`, unless a row of that key exists again.",
      ),
    table: PostgresTable.describe("The table of deleted keys, as `schema.table`."),
    key: z
      .record(PostgresName, PostgresName)
      .refine((key) => Object.keys(key).length > 0, "must map at least one key column")
      .describe("Key column of the table -> the tombstone's column that holds it."),
    as: PostgresName.default("deleted").describe(
      "Name of the boolean column that is added to the rows.",
    ),
  }),
]);

/**
 * One positional value of a query. `cursor` stands for one end of the window of the read (null: from the beginning).
 */
const PostgresParameter = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.strictObject({
    cursor: z
      .enum(["from", "to"])
      .describe("Stands for one end of the window of the read; null: from the beginning."),
  }),
]);

export const PostgresDefinition = z
  .strictObject({
    kind: z.literal("postgres").describe("A table or a query of PostgreSQL."),
    connection: ConnectionName.describe("Name of the connection in the app's settings."),
    table: PostgresTable.optional().describe("The table, as `schema.table`; instead of `query`."),
    columns: z
      .array(PostgresName)
      .min(1)
      .max(1_600)
      .optional()
      .describe("Columns to read, in this order; by default all columns of the table."),
    query: z
      .string()
      .min(1)
      .max(20_000)
      .optional()
      .describe("One SELECT, with `$1`, `$2` ... for the parameters."),
    parameters: z
      .array(PostgresParameter)
      .max(100)
      .default([])
      .describe("Values of the query's parameters, in order."),
    incremental: z
      .discriminatedUnion("by", [BySnapshot, ByTimestampColumn, Never])
      .optional()
      .describe(
        "How an incremental run finds changes; `snapshot` by default for a table, required for a query.",
      ),
    deleted: PostgresDeleted.optional().describe(
      "How deleted rows are found; adds a boolean column to the rows.",
    ),
    key: z
      .array(PostgresName)
      .min(1)
      .max(32)
      .refine((names) => new Set(names).size === names.length, "must not name a column twice")
      .optional()
      .describe(
        "Columns, never null, that identify each row of a view, of a query, or of a table that every run reads whole. Rows are read in their order, so that a run that takes longer than an hour can continue. Without them a run has 58 minutes.",
      ),
    rowSecurity: z
      .enum(["refuse", "apply"])
      .default("refuse")
      .describe(
        "How to treat rows that row-level security hides from the connection's role: fail, or export only the rows that the role may see.",
      ),
    notRepresentable: z
      .enum(["fail", "null"])
      .default("fail")
      .describe(
        "How to treat a value that the canonical form cannot hold: NaN in a decimal, a date before 0001 or after 9999.",
      ),
    batchRows: z.int().min(1).max(10_000).default(2_000).describe("Most rows in one batch."),
    batchTimeoutMs: z
      .int()
      .min(1_000)
      .max(3_600_000)
      .default(600_000)
      .describe("How long the database may take for one batch. After that the read fails."),
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
    if (
      definition.key !== undefined &&
      definition.query === undefined &&
      (definition.incremental?.by ?? "snapshot") === "snapshot"
    ) {
      problem("key", 'is not needed by "snapshot", which can continue anywhere; leave it out');
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

import { z } from "zod";
import { ConnectionName } from "../../../domain/definitions/system-definition.ts";
import { PostgresName, PostgresTable } from "../schemas.ts";

export const PostgresTargetDefinition = z
  .strictObject({
    kind: z.literal("postgres").describe("A table of PostgreSQL."),
    connection: ConnectionName.describe("Name of the connection in the app's settings."),
    table: PostgresTable.describe("The table, as `schema.table`."),
    mode: z
      .enum(["upsert", "insert"])
      .describe(
        "`upsert`: a row whose key exists is changed, any other row is added. `insert`: every row is added, and a row whose key exists is refused.",
      ),
    key: z
      .array(PostgresName)
      .min(1)
      .max(32)
      .optional()
      .describe(
        "For `upsert`: columns that identify a row, under a unique index; the primary key by default.",
      ),
    update: z
      .array(PostgresName)
      .max(1_600)
      .optional()
      .describe(
        "For `upsert`: columns to change in an existing row; by default all that the import writes, except the key. Empty: existing rows stay as they are.",
      ),
    batchRows: z
      .int()
      .min(1)
      .max(1_000)
      .default(1_000)
      .describe(
        "Most rows in one transaction, unless the import is all or nothing; fewer where rows are long.",
      ),
    statementTimeoutMs: z
      .int()
      .min(1_000)
      .max(3_600_000)
      .default(600_000)
      .describe("How long the database may take for one statement."),
    progressTable: PostgresTable.optional().describe(
      "Table, in the same database, that records the written rows of a run, so that a repeated run writes none twice. Default: `waybill_progress` beside the table. It is created if the role may create it.",
    ),
    keepProgressDays: z
      .int()
      .min(1)
      .max(3_650)
      .default(30)
      .describe("How long a run is recorded there. Must be longer than any run is repeated."),
  })
  .superRefine(({ mode, key, update }, context) => {
    for (const [name, value] of Object.entries({ key, update })) {
      if (value !== undefined && mode === "insert") {
        context.addIssue({
          code: "custom",
          path: [name],
          message: 'is only allowed in mode "upsert"',
        });
      }
      if (value !== undefined && new Set(value).size !== value.length) {
        context.addIssue({
          code: "custom",
          path: [name],
          message: "must not name a column twice",
        });
      }
    }
    const changed = update?.find((column) => key?.includes(column));
    if (changed !== undefined) {
      context.addIssue({
        code: "custom",
        path: ["update"],
        message: `must not name "${changed}": it belongs to the key`,
      });
    }
  });
export type PostgresTargetDefinition = z.infer<typeof PostgresTargetDefinition>;

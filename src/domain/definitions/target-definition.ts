import { z } from "zod";
import {
  ConnectionName,
  HttpPath,
  HttpQuery,
  HttpRetry,
  JsonPath,
  PostgresName,
  PostgresTable,
} from "./connection-names.ts";

export const PostgresTargetDefinition = z
  .strictObject({
    kind: z.literal("postgres").describe("A table of PostgreSQL."),
    connection: ConnectionName.describe("Name of the connection in the app's settings."),
    table: PostgresTable.describe("The table, as `schema.table`."),
    mode: z
      .enum(["upsert", "insert"])
      .describe(
        "`upsert`: a row whose key is there already is changed, any other is added. `insert`: every row is added, and one whose key is there already is refused.",
      ),
    key: z
      .array(PostgresName)
      .min(1)
      .max(32)
      .optional()
      .describe(
        "For `upsert`: columns that tell rows apart, under a unique index; the primary key by default.",
      ),
    update: z
      .array(PostgresName)
      .max(1_600)
      .optional()
      .describe(
        "For `upsert`: columns to change in a row that is there already; by default all that the import writes, but for the key. Empty: rows that are there stay as they are.",
      ),
    batchRows: z
      .int()
      .min(1)
      .max(1_000)
      .default(1_000)
      .describe(
        "Rows in one transaction at most, unless the import is to be all or nothing; fewer where rows are long.",
      ),
    statementTimeoutMs: z
      .int()
      .min(1_000)
      .max(3_600_000)
      .default(600_000)
      .describe("How long the database may take for one statement."),
    progressTable: PostgresTable.optional().describe(
      "Table, in the same database, that remembers which rows of a run are written, so that a run tried again writes none twice; `waybill_progress` beside the table by default. It is created where the role may create it.",
    ),
    keepProgressDays: z
      .int()
      .min(1)
      .max(3_650)
      .default(30)
      .describe("How long a run is remembered there: longer than any run is tried again."),
  })
  .superRefine(({ mode, key, update }, context) => {
    for (const [name, value] of Object.entries({ key, update })) {
      if (value !== undefined && mode === "insert") {
        context.addIssue({ code: "custom", path: [name], message: 'belongs to mode "upsert"' });
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

/**
 * How an answer tells, item by item, which rows were taken. Without it a request is taken or refused as its status says.
 */
const ItemResults = z.strictObject({
  at: JsonPath.default("").describe(
    'Where the array stands that has one result for each row sent, in their order; `""`: the answer is the array.',
  ),
  status: JsonPath.min(1)
    .default("status")
    .describe("Where in a result its HTTP status stands, or a boolean (true: taken)."),
  reason: JsonPath.min(1)
    .default("message")
    .describe("Where in a result the reason of a refusal stands."),
});

/** A column's cell in a path: `{Item number}`. */
const PLACEHOLDER_REGEXP = /\{[^{}]+\}/;

export const HttpJsonTargetDefinition = z
  .strictObject({
    kind: z.literal("http-json").describe("An HTTP API that takes JSON."),
    connection: ConnectionName.describe("Name of the connection in the app's settings."),
    method: z.enum(["POST", "PUT", "PATCH"]).describe("Method of every request."),
    path: HttpPath.refine(
      (path) => !/[{}]/.test(path.replace(new RegExp(PLACEHOLDER_REGEXP, "g"), "")),
      'must name columns as "{column}"',
    ).describe(
      "Beneath the connection's base URL, e.g. `v1/items` or `v1/items/{item_no}`, where `{item_no}` is that column's cell in the row; between apostrophes (`Items('{item_no}')`) it is a text of OData.",
    ),
    query: HttpQuery.default({}).describe("Query parameters of every request."),
    batchRows: z
      .int()
      .min(1)
      .max(1_000)
      .default(1)
      .describe(
        "Rows in one request at most; fewer where rows are long. 1: a request holds one object; more: an array.",
      ),
    rowsAt: JsonPath.default("").describe(
      'Where in the body the object or the array stands; `""`: it is the body.',
    ),
    pathColumnsInBody: z
      .boolean()
      .default(true)
      .describe("Whether columns that stand in the path are members of the object too."),
    integers: z
      .enum(["number", "string"])
      .default("number")
      .describe(
        "How integers are written: `number` keeps all digits; `string` is for readers that read every number into a double.",
      ),
    decimals: z.enum(["number", "string"]).default("number").describe("The same for decimals."),
    nulls: z
      .enum(["write", "omit"])
      .default("write")
      .describe(
        "`omit` leaves the member out. A column that the file or the row does not mention is left out in any case; an API that replaces whole objects (PUT) clears it then.",
      ),
    results: ItemResults.optional().describe(
      "How an answer tells, item by item, which rows were taken. Without it a request is taken or refused as its status says.",
    ),
    idempotencyHeader: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,100}$/, "must be the name of a header")
      .nullable()
      .default("Idempotency-Key")
      .describe(
        "Header that carries a text which is the same whenever the same rows are sent again, so that the API can tell; null for none. An API that does not heed it can get rows twice when an answer is lost.",
      ),
    validateQuery: HttpQuery.optional().describe(
      "Parameters that make the API check rows and keep nothing; without them a mere check sends no request.",
    ),
    retry: HttpRetry.prefault({}).describe("How often and how patiently the API is asked."),
    maxAnswerBytes: z
      .int()
      .min(1_000)
      .max(64 * 1_048_576)
      .default(4 * 1_048_576)
      .describe("A larger answer is refused."),
  })
  .superRefine(({ path, batchRows, method, results }, context) => {
    if (PLACEHOLDER_REGEXP.test(path) && batchRows > 1) {
      context.addIssue({
        code: "custom",
        path: ["batchRows"],
        message: "must be 1: the path names one row",
      });
    }
    if (results !== undefined && batchRows === 1) {
      context.addIssue({
        code: "custom",
        path: ["results"],
        message: "belong to requests of several rows; raise batchRows",
      });
    }
    if (method !== "POST" && !PLACEHOLDER_REGEXP.test(path) && batchRows === 1) {
      context.addIssue({
        code: "custom",
        path: ["path"],
        message: `must name the row to ${method}, such as items/{item_no}`,
      });
    }
  });
export type HttpJsonTargetDefinition = z.infer<typeof HttpJsonTargetDefinition>;

/** Where an import writes its rows. It names a connection; secrets stay in the app's settings. */
export const TargetDefinition = z.discriminatedUnion("kind", [
  PostgresTargetDefinition,
  HttpJsonTargetDefinition,
]);
export type TargetDefinition = z.infer<typeof TargetDefinition>;

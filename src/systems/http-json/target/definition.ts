import { z } from "zod";
import { ConnectionName } from "../../../domain/definitions/system-definition.ts";
import { HttpPath, HttpQuery, HttpRetry, JsonPath } from "../schemas.ts";

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

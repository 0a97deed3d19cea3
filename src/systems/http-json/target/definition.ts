import { z } from "zod";
import { ConnectionName } from "../../../domain/definitions/system-definition.ts";
import { HttpPath, HttpQuery, HttpRetry, JsonPath } from "../schemas.ts";

/**
 * How an answer tells for each item whether its row was taken. Without it, the status of the request counts for all its
 * rows.
 */
const ItemResults = z.strictObject({
  at: JsonPath.default("").describe(
    'Path of the array with one result for each row sent, in the same order; `""`: the answer is the array.',
  ),
  status: JsonPath.min(1)
    .default("status")
    .describe("Path of a result's HTTP status, or of a boolean (true: taken)."),
  reason: JsonPath.min(1)
    .default("message")
    .describe("Path of the reason of a refusal in a result."),
});

/** Placeholder for a column's cell in a path: `{Item number}`. */
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
      "Path beneath the connection's base URL, e.g. `v1/items` or `v1/items/{item_no}`. `{item_no}` stands for that column's cell in the row; between apostrophes (`Items('{item_no}')`) it is a text of OData.",
    ),
    query: HttpQuery.default({}).describe("Query parameters of every request."),
    batchRows: z
      .int()
      .min(1)
      .max(1_000)
      .default(1)
      .describe(
        "Most rows in one request; fewer where rows are long. 1: a request holds one object; more: an array.",
      ),
    rowsAt: JsonPath.default("").describe(
      'Path of the object or array in the body; `""`: it is the body.',
    ),
    pathColumnsInBody: z
      .boolean()
      .default(true)
      .describe("Whether columns in the path are also members of the object."),
    integers: z
      .enum(["number", "string"])
      .default("number")
      .describe(
        "How integers are written: `number` keeps all digits; `string` is for readers that read every number into a double.",
      ),
    decimals: z
      .enum(["number", "string"])
      .default("number")
      .describe("How decimals are written, as for integers."),
    nulls: z
      .enum(["write", "omit"])
      .default("write")
      .describe(
        "`omit` leaves the member out. A column that the file or the row does not mention is always left out; an API that replaces whole objects (PUT) then clears it.",
      ),
    results: ItemResults.optional().describe(
      "How an answer tells for each item whether its row was taken. Without it, the status of the request counts for all its rows.",
    ),
    idempotencyHeader: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,100}$/, "must be the name of a header")
      .nullable()
      .default("Idempotency-Key")
      .describe(
        "Header whose text is the same whenever the same rows are sent again. So the API can notice a repetition. Null: no header. An API that ignores it can store rows twice if an answer is lost.",
      ),
    validateQuery: HttpQuery.optional().describe(
      "Parameters that make the API check rows without storing them. Without them, a check sends no request.",
    ),
    retry: HttpRetry.prefault({}).describe("How often and how long the API is asked again."),
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
        message: "is only allowed for requests of several rows; raise batchRows",
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

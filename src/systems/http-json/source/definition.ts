import { z } from "zod";
import { ConnectionName, Never } from "../../../domain/definitions/system-definition.ts";
import { DAY_MS } from "../../../formats/day.ts";
import { ColumnType } from "../../../formats/rows.ts";
import { HttpPath, HttpQuery, HttpRetry, JsonPath, ParameterName } from "../schemas.ts";

const HttpJsonColumn = z.strictObject({
  name: z.string().min(1).max(128).describe("Name of the column."),
  at: JsonPath.min(1)
    .optional()
    .describe(
      "Where in a row's object the value stands; the column's name as one member by default.",
    ),
  type: ColumnType.describe("Type that its values are read as."),
  optional: z
    .boolean()
    .optional()
    .describe(
      "Whether no row needs to have it, as where an API leaves out nulls; else a read whose rows never name the column fails, since it may be called otherwise by now.",
    ),
});

const Paging = z.discriminatedUnion("by", [
  z.strictObject({
    by: z
      .literal("odata-nextlink")
      .describe(
        "Follows `@odata.nextLink`, or what other versions of OData call it: `@nextLink`, `odata.nextLink`, `d.__next`; also `nextLink`. Letter case does not matter.",
      ),
  }),
  z.strictObject({
    by: z.literal("link-header").describe('Follows `Link: <...>; rel="next"` (RFC 8288).'),
  }),
  z.strictObject({
    by: z
      .literal("cursor")
      .describe(
        "Sends back the text or number that stands at `at`, until it is missing, null or empty.",
      ),
    at: JsonPath.min(1).describe("Where in a page the text stands."),
    parameter: ParameterName.describe("Query parameter that sends it back."),
  }),
  z.strictObject({
    by: z
      .literal("offset")
      .describe(
        "Counts the rows received, until a page is empty. Loses rows when rows are deleted between two pages.",
      ),
    parameter: ParameterName.describe("Query parameter for how many rows to skip."),
    limitParameter: ParameterName.describe("Query parameter for how many rows a page has."),
    limit: z.int().min(1).max(100_000).describe("Rows a page."),
  }),
  z.strictObject({
    by: z
      .literal("none")
      .describe("The first page is all there is; one that links to a next page is refused."),
  }),
]);

/**
 * Asks for rows whose `column` is not older than the newest value that the source returned before, less `overlapMs`,
 * and leaves out those that an earlier read returned exactly so. A row that becomes visible later than `overlapMs`
 * after its own time is lost; no clock of ours is in it.
 */
const ByReturnedColumn = z.strictObject({
  by: z
    .literal("cursor-column")
    .describe(
      "Asks for rows whose `column` is not older than the newest value that was returned before, less `overlapMs`, and leaves out those that an earlier read returned exactly so.",
    ),
  column: z.string().min(1).describe("One of `columns`, of type `datetime`."),
  filter: z
    .discriminatedUnion("by", [
      z.strictObject({
        by: z.literal("parameter").describe("By a query parameter."),
        parameter: ParameterName.describe("Name of the query parameter."),
        template: z
          .string()
          .refine((text) => text.includes("{from}"), 'must hold "{from}"')
          .default("{from}")
          .describe("The parameter's text, e.g. `gte:{from}`."),
      }),
      z.strictObject({
        by: z
          .literal("odata")
          .describe(
            "By `$filter=<field> ge <instant>`, joined with a `$filter` of `query` by `and`.",
          ),
        field: z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_/]{0,199}$/, "must be a property's name")
          .describe("Name of the property."),
      }),
    ])
    .describe("How the API is asked for them."),
  overlapMs: z
    .int()
    .min(1_000)
    .max(30 * DAY_MS)
    .default(300_000)
    .describe(
      "A row that becomes visible later than this after its own time is lost, in milliseconds.",
    ),
});

/** Rows of an HTTP API that answers JSON. */
export const HttpJsonDefinition = z
  .strictObject({
    kind: z.literal("http-json").describe("An HTTP API that answers JSON."),
    connection: ConnectionName.describe("Name of the connection in the app's settings."),
    path: HttpPath.describe(
      "Beneath the connection's base URL, e.g. `v1/items`; the query goes into `query`.",
    ),
    query: HttpQuery.default({}).describe("Query parameters of every request."),
    rowsAt: JsonPath.default("value").describe(
      'Where a page\'s array of rows stands; `""`: the page is the array.',
    ),
    columns: z
      .array(HttpJsonColumn)
      .min(1)
      .max(1_000)
      .describe("What is taken from each row's object."),
    paging: Paging.describe("How the next page is asked for."),
    incremental: z
      .discriminatedUnion("by", [ByReturnedColumn, Never])
      .describe("How an incremental run finds what has changed."),
    retry: HttpRetry.prefault({}).describe("How often and how patiently the API is asked."),
    maxPages: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(100_000)
      .describe("More pages than this are taken for an API that goes round in circles."),
    maxPageBytes: z
      .int()
      .min(1_000)
      .max(256 * 1_048_576)
      .default(32 * 1_048_576)
      .describe("A larger page is refused."),
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

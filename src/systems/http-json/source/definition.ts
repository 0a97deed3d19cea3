import { z } from "zod";
import { ConnectionName, Never } from "../../../domain/definitions/system-definition.ts";
import { DAY_MS } from "../../../formats/day.ts";
import { ColumnType } from "../../../formats/rows.ts";
import { HttpPath, HttpQuery, HttpRetry, JsonPath, ParameterName } from "../schemas.ts";

const HttpJsonColumn = z.strictObject({
  name: z.string().min(1).max(128).describe("Name of the column."),
  at: JsonPath.min(1)
    .optional()
    .describe("Path of the value in a row's object; by default one member with the column's name."),
  type: ColumnType.describe("Type as which its values are read."),
  optional: z
    .boolean()
    .optional()
    .describe(
      "Allows that no row has the column, for APIs that leave out nulls. Otherwise a read fails if none of its rows has the column, since it may have been renamed.",
    ),
});

const Paging = z.discriminatedUnion("by", [
  z.strictObject({
    by: z
      .literal("odata-nextlink")
      .describe(
        "Follows `@odata.nextLink`, or its names in other versions of OData: `@nextLink`, `odata.nextLink`, `d.__next`; also `nextLink`. Letter case does not matter.",
      ),
  }),
  z.strictObject({
    by: z.literal("link-header").describe('Follows `Link: <...>; rel="next"` (RFC 8288).'),
  }),
  z.strictObject({
    by: z
      .literal("cursor")
      .describe("Sends back the text or number at `at`, until it is missing, null or empty."),
    at: JsonPath.min(1).describe("Path of the text in a page."),
    parameter: ParameterName.describe("Query parameter that sends it back."),
  }),
  z.strictObject({
    by: z
      .literal("offset")
      .describe(
        "Counts the rows received, until a page is empty. Loses rows if rows are deleted between two pages.",
      ),
    parameter: ParameterName.describe("Query parameter for the number of rows to skip."),
    limitParameter: ParameterName.describe("Query parameter for the number of rows in a page."),
    limit: z.int().min(1).max(100_000).describe("Rows per page."),
  }),
  z.strictObject({
    by: z
      .literal("none")
      .describe("Reads only the first page. A page with a link to a next page is refused."),
  }),
]);

/**
 * Asks for rows whose `column` is at least the newest value that the source returned before, less `overlapMs`. Leaves
 * out rows that an earlier read returned unchanged. A row is lost if it becomes visible later than `overlapMs` after
 * its own time. Our clock is not used.
 */
const ByReturnedColumn = z.strictObject({
  by: z
    .literal("cursor-column")
    .describe(
      "Asks for rows whose `column` is at least the newest value returned before, less `overlapMs`. Leaves out rows that an earlier read returned unchanged.",
    ),
  column: z.string().min(1).describe("One of `columns`, of type `datetime`."),
  filter: z
    .discriminatedUnion("by", [
      z.strictObject({
        by: z.literal("parameter").describe("Asks by a query parameter."),
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
            "Asks by `$filter=<field> ge <instant>`, joined with a `$filter` of `query` by `and`.",
          ),
        field: z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_/]{0,199}$/, "must be a property's name")
          .describe("Name of the property."),
      }),
    ])
    .describe("How the API is asked for changed rows."),
  overlapMs: z
    .int()
    .min(1_000)
    .max(30 * DAY_MS)
    .default(300_000)
    .describe(
      "Longest delay, in milliseconds, until a row becomes visible after its own time. A later row is lost.",
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
      'Path of the array of rows in a page; `""`: the page is the array.',
    ),
    columns: z
      .array(HttpJsonColumn)
      .min(1)
      .max(1_000)
      .describe("Values that are read from each row's object."),
    paging: Paging.describe("How the next page is found."),
    incremental: z
      .discriminatedUnion("by", [ByReturnedColumn, Never])
      .describe("How an incremental run finds changes."),
    retry: HttpRetry.prefault({}).describe("How often and how long the API is asked again."),
    maxPages: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(100_000)
      .describe("A read with more pages fails: the API seems to lead in circles."),
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

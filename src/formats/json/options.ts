import { z } from "zod";
import { NAMED_FIELDS } from "../named-fields.ts";

/** How values are written, in every kind of JSON. */
export const JSON_VALUES = {
  integers: z
    .enum(["number", "string"])
    .default("number")
    .describe(
      "How integers are written: `number` keeps all digits; `string` is for readers that read every number into a double.",
    ),
  decimals: z.enum(["number", "string"]).default("number").describe("The same for decimals."),
  nonFinite: z
    .enum(["refuse", "null", "string"])
    .default("refuse")
    .describe("What becomes of NaN and infinity, which JSON does not have."),
  nulls: z.enum(["write", "omit"]).default("write").describe("`omit` leaves the member out."),
} as const;

export const JsonExport = z.strictObject({
  kind: z.literal("json").describe("One JSON array of objects."),
  ...JSON_VALUES,
});
export type JsonExport = z.infer<typeof JsonExport>;

export const JsonImport = z.strictObject({
  kind: z.literal("json").describe("A JSON document that holds an array of objects."),
  rowsAt: z
    .string()
    .max(500)
    .default("")
    .describe(
      'Where the array of rows stands, member names joined with dots; `""`: the document is the array.',
    ),
  ...NAMED_FIELDS,
});
export type JsonImport = z.infer<typeof JsonImport>;

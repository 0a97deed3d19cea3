import { z } from "zod";
import { NAMED_FIELDS } from "../named-fields.ts";

/** Options of written values, shared by all kinds of JSON. */
export const JSON_VALUES = {
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
  nonFinite: z
    .enum(["refuse", "null", "string"])
    .default("refuse")
    .describe("How NaN and infinity are written, which JSON does not have."),
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
      'Path to the array of rows, member names joined with dots; `""`: the document is the array.',
    ),
  ...NAMED_FIELDS,
});
export type JsonImport = z.infer<typeof JsonImport>;

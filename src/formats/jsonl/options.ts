import { z } from "zod";
import { JSON_VALUES } from "../json/options.ts";
import { NAMED_FIELDS } from "../named-fields.ts";

export const JsonLinesExport = z.strictObject({
  kind: z.literal("jsonl").describe("One JSON object per line."),
  ...JSON_VALUES,
});
export type JsonLinesExport = z.infer<typeof JsonLinesExport>;

export const JsonLinesImport = z.strictObject({
  kind: z.literal("jsonl").describe("One JSON object per line."),
  ...NAMED_FIELDS,
});
export type JsonLinesImport = z.infer<typeof JsonLinesImport>;

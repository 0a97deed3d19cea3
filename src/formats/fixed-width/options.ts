import { z } from "zod";
import { refuseTwice } from "../refuse-twice.ts";
import { ColumnName } from "../rows.ts";
import { TEXT_OPTIONS } from "../text/text-options.ts";

const FixedColumn = z.strictObject({
  name: ColumnName.describe("Name of the field."),
  start: z.int().min(1).max(100_000).describe("Position of the first character, from 1."),
  length: z.int().min(1).max(100_000).describe("Characters of the value (Unicode code points)."),
  pad: z
    .string()
    .regex(/^[^\p{Cs}\p{Cc}]$/u, "must be one character")
    .refine((text) => text.length === 1, "must be one character of the Basic Multilingual Plane")
    .default(" ")
    .describe("Character that fills a value shorter than its column."),
  trim: z
    .enum(["end", "start", "both", "none"])
    .default("end")
    .describe(
      "Ends from which padding is removed: `end` is right for text, `start` for numbers filled with zeros.",
    ),
});
export type FixedColumn = z.infer<typeof FixedColumn>;

export const FixedWidthImport = z
  .strictObject({
    kind: z.literal("fixed-width").describe("Lines whose values stand at fixed positions."),
    columns: z.array(FixedColumn).min(1).max(1_000).describe("Position of each value."),
    header: z
      .boolean()
      .default(false)
      .describe("Whether the first line is a heading and is skipped."),
    blank: z
      .enum(["null", "empty"])
      .default("null")
      .describe("Meaning of a value that consists only of padding: null, or an empty text."),
    shortLines: z
      .enum(["refuse", "pad"])
      .default("refuse")
      .describe(
        "How to treat a line that ends before its last column: `refuse` the row, or `pad` it, for files whose line ends were trimmed.",
      ),
    ...TEXT_OPTIONS,
  })
  .superRefine(({ columns }, context) => {
    const names = columns.map(({ name }) => name);
    refuseTwice(names, ["columns"], context);
    const inOrder = [...columns].sort((a, b) => a.start - b.start);
    for (const [index, column] of inOrder.entries()) {
      const next = inOrder[index + 1];
      if (next !== undefined && column.start + column.length > next.start) {
        context.addIssue({
          code: "custom",
          path: ["columns", columns.indexOf(next), "start"],
          message: `must not lie inside "${column.name}"`,
        });
      }
    }
  });
export type FixedWidthImport = z.infer<typeof FixedWidthImport>;

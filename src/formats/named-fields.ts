import { z } from "zod";
import { TEXT_OPTIONS } from "./text/text-options.ts";

/** Import options of text formats whose rows name their own fields. */
export const NAMED_FIELDS = {
  unknownFields: z
    .enum(["refuse", "ignore"])
    .optional()
    .describe(
      "How to treat a field that the import does not declare; without a declaration, a field that the first row does not have. `refuse` the row, or `ignore` the field. By default fields are ignored in data packages, whose manifest maps more fields than one import wants, and refused elsewhere.",
    ),
  ...TEXT_OPTIONS,
} as const;

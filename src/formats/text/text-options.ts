import { z } from "zod";

/** Import options that all text formats share. */
export const TEXT_OPTIONS = {
  encoding: z
    .enum(["auto", "utf-8", "utf-16le", "utf-16be", "windows-1252"])
    .default("auto")
    .describe(
      "`auto`: by the byte order mark, or by the zero bytes of UTF-16 text without a mark, else UTF-8. A file whose mark contradicts this option is refused. A charset named by the request overrides this option.",
    ),
  maxFieldLength: z
    .int()
    .min(1)
    .max(16_777_216)
    .default(1_048_576)
    .describe(
      "Characters (UTF-16 code units) of the longest value; a row with a longer one is refused.",
    ),
} as const;

export type TextEncoding = z.infer<typeof TEXT_OPTIONS.encoding>;

import { z } from "zod";
import { refuseTwice } from "../refuse-twice.ts";
import { ColumnName } from "../rows.ts";
import { TEXT_OPTIONS } from "../text/text-options.ts";

/** A character that no number, date or identifier holds. So only text can need quotes because of it. */
const WrittenDelimiter = z
  .string()
  .regex(
    /^[^\p{L}\p{N}\p{Cs}"\r\n\uFEFF+\-.:/=_]$/u,
    'must be one character such as ",", ";", "|" or a tab; never a letter, digit, quote, line break or any of + - . : / = _',
  )
  .refine((text) => text.length === 1, "must be one character of the Basic Multilingual Plane");

export const CsvExport = z
  .strictObject({
    kind: z.literal("csv").describe("Comma-separated values (RFC 4180)."),
    delimiter: WrittenDelimiter.default(",").describe("Between values."),
    header: z.boolean().default(true).describe("Whether the first line names the columns."),
    quoting: z
      .enum(["minimal", "all", "text"])
      .default("minimal")
      .describe(
        "`minimal`: only where a reader would fail without quotes; `all`: every value; `text`: every value that is neither a number nor a boolean. A null is never quoted, so that it differs from an empty text.",
      ),
    lineEnd: z.enum(["crlf", "lf"]).default("crlf").describe("At the end of each line."),
    nullText: z
      .string()
      .max(20)
      .default("")
      .describe("How a null is written, without quotes. An equal text is written in quotes."),
    booleans: z
      .strictObject({
        true: z.string().min(1).max(20).describe("Stands for true."),
        false: z.string().min(1).max(20).describe("Stands for false."),
      })
      .default({ true: "true", false: "false" })
      .describe("Words for true and false."),
    excelSafe: z
      .boolean()
      .default(false)
      .describe(
        "Puts an apostrophe before every text that a spreadsheet would run as a formula. Off by default because it changes the data.",
      ),
    encoding: z
      .enum(["utf-8", "utf-16le"])
      .default("utf-8")
      .describe("Encoding of the file's text."),
    bom: z
      .boolean()
      .optional()
      .describe(
        "Whether the file starts with a byte order mark. By default only in UTF-16, which readers do not recognise without it.",
      ),
  })
  .refine(
    ({ nullText, delimiter }) => !/^\s|\s$|["\r\n]/.test(nullText) && !nullText.includes(delimiter),
    {
      path: ["nullText"],
      message: "must not hold the delimiter, a quote, a line break, or spaces at its ends",
    },
  );
export type CsvExport = z.infer<typeof CsvExport>;

const ReadDelimiter = z
  .string()
  .regex(/^[^\p{Cs}"\r\n\0\uFEFF]$/u, "must be one character, but neither a quote nor a line break")
  .refine((text) => text.length === 1, "must be one character of the Basic Multilingual Plane");

export const CsvImport = z
  .strictObject({
    kind: z.literal("csv").describe("Comma-separated values."),
    delimiter: ReadDelimiter.default(",").describe("Between values."),
    header: z.boolean().default(true).describe("Whether the first line names the columns."),
    columns: z
      .array(ColumnName)
      .min(1)
      .max(1_000)
      .optional()
      .describe("Names of the columns in a file without a header."),
    quotes: z
      .enum(["double", "none"])
      .default("double")
      .describe(
        "`double`: values may stand in double quotes, and a quote inside is doubled; `none`: a quote is a character like any other.",
      ),
    strayQuotes: z
      .enum(["refuse", "keep"])
      .default("refuse")
      .describe(
        'How to treat a quote inside a value without quotes (`5" disk`). `refuse` the row, since programs read it in different ways, or `keep` it as a character.',
      ),
    nullText: z
      .string()
      .max(20)
      .default("")
      .describe("Text that stands for a null, without quotes. In quotes it is a text."),
    ...TEXT_OPTIONS,
  })
  .refine(({ header, columns }) => header || columns !== undefined, {
    path: ["columns"],
    message: "must name the columns of a file without a header",
  })
  .refine(({ header, columns }) => !header || columns === undefined, {
    path: ["columns"],
    message: "must not be set together with header: a file's header names its columns",
  })
  .refine(({ nullText, delimiter }) => !/["\r\n]/.test(nullText) && !nullText.includes(delimiter), {
    path: ["nullText"],
    message: "must not hold the delimiter, a quote or a line break",
  })
  .superRefine(({ columns = [] }, context) => refuseTwice(columns, ["columns"], context));
export type CsvImport = z.infer<typeof CsvImport>;

import { z } from "zod";
import { ColumnName } from "./rows.ts";
import { XML_NAME_REGEXP } from "./xml-name.ts";

/** What all files of text have. */
const TEXT = {
  /**
   * `auto`: by the byte order mark or by the zero bytes of UTF-16 text that has none, else UTF-8. A mark that says
   * something else than what is chosen here is refused.
   */
  encoding: z.enum(["auto", "utf-8", "utf-16le", "utf-16be", "windows-1252"]).default("auto"),
  /** Characters (UTF-16 code units) of the longest value; a row with a longer one is refused. */
  maxFieldLength: z.int().min(1).max(16_777_216).default(1_048_576),
} as const;

const Delimiter = z
  .string()
  .regex(/^[^\p{Cs}"\r\n\0\uFEFF]$/u, "must be one character, but no quote and no line break")
  .refine((text) => text.length === 1, "must be one character of the Basic Multilingual Plane");

const CsvFile = z
  .strictObject({
    kind: z.literal("csv"),
    delimiter: Delimiter.default(","),
    /** Whether the first line names the columns. */
    header: z.boolean().default(true),
    /** Names of the columns in a file without a header. */
    columns: z.array(ColumnName).min(1).max(1_000).optional(),
    /** `double`: values may stand in double quotes, with quotes inside doubled; `none`: a quote is like any character. */
    quotes: z.enum(["double", "none"]).default("double"),
    /**
     * What a quote inside a value without quotes is (`5" disk`): `refuse` the row, since programs read it in different
     * ways, or `keep` it as a character.
     */
    strayQuotes: z.enum(["refuse", "keep"]).default("refuse"),
    /** What stands for a null, without quotes; in quotes it is a text. */
    nullText: z.string().max(20).default(""),
    ...TEXT,
  })
  .refine(({ header, columns }) => header || columns !== undefined, {
    path: ["columns"],
    message: "must name the columns of a file without a header",
  })
  .refine(({ header, columns }) => !header || columns === undefined, {
    path: ["columns"],
    message: "must not stand beside header: a file's header names its columns",
  })
  .refine(({ nullText, delimiter }) => !/["\r\n]/.test(nullText) && !nullText.includes(delimiter), {
    path: ["nullText"],
    message: "must not hold the delimiter, a quote or a line break",
  })
  .superRefine(({ columns = [] }, context) => refuseTwice(columns, ["columns"], context));

/** Files whose rows name their own fields. */
const NAMED_FIELDS = {
  /**
   * Fields that the import does not declare (without a declaration: that the first row does not have): `refuse` the row,
   * or `ignore` the field.
   */
  unknownFields: z.enum(["refuse", "ignore"]).default("refuse"),
  ...TEXT,
} as const;

const XmlName = z
  .string()
  .max(128)
  .regex(XML_NAME_REGEXP, "must be an XML name without a prefix, such as Customer_Group");

const XML_ROWS = {
  /** Whether a row's values are its child elements or its attributes. */
  values: z.enum(["elements", "attributes"]).default("elements"),
  ...NAMED_FIELDS,
} as const;

const FixedColumn = z.strictObject({
  name: ColumnName,
  /** Position of the first character, from 1. */
  start: z.int().min(1).max(100_000),
  /** Characters (Unicode code points). */
  length: z.int().min(1).max(100_000),
  /** What fills a value that is shorter than its column. */
  pad: z
    .string()
    .regex(/^[^\p{Cs}\p{Cc}]$/u, "must be one character")
    .refine((text) => text.length === 1, "must be one character of the Basic Multilingual Plane")
    .default(" "),
  /** The ends that padding is taken off: `end` is right for text, `start` for numbers filled with zeros. */
  trim: z.enum(["end", "start", "both", "none"]).default("end"),
});
export type FixedColumn = z.infer<typeof FixedColumn>;

const FixedWidthFile = z
  .strictObject({
    kind: z.literal("fixed-width"),
    columns: z.array(FixedColumn).min(1).max(1_000),
    /** Whether the first line is a heading, to be skipped. */
    header: z.boolean().default(false),
    /** A value of nothing but padding: null, or an empty text. */
    blank: z.enum(["null", "empty"]).default("null"),
    /** A line that ends before its last column: `refuse` the row, or `pad` it, for files whose ends were trimmed. */
    shortLines: z.enum(["refuse", "pad"]).default("refuse"),
    ...TEXT,
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

const JsonFile = z.strictObject({
  kind: z.literal("json"),
  /** Where the array of rows stands, member names joined with dots; `""`: the document is the array. */
  rowsAt: z.string().max(500).default(""),
  ...NAMED_FIELDS,
});
const JsonLinesFile = z.strictObject({ kind: z.literal("jsonl"), ...NAMED_FIELDS });
const XmlFile = z.strictObject({
  kind: z.literal("xml"),
  /** Name of the element around one row, at any depth; by default each child of the root is a row. */
  rowElement: XmlName.optional(),
  ...XML_ROWS,
});
const XmlLinesFile = z.strictObject({
  kind: z.literal("xml-lines"),
  /** Name that each line's element must have; any by default. */
  rowElement: XmlName.optional(),
  ...XML_ROWS,
});

/** Format of a file that holds the rows of one entity. How values are read stands with the format. */
export const RowImportFormat = z.discriminatedUnion(
  "kind",
  [CsvFile, JsonFile, JsonLinesFile, XmlFile, XmlLinesFile, FixedWidthFile],
  { error: 'must have a kind: "csv", "json", "jsonl", "xml", "xml-lines" or "fixed-width"' },
);
export type RowImportFormat = z.infer<typeof RowImportFormat>;
export type RowImportKind = RowImportFormat["kind"];
export type ImportOptionsOf<Kind extends RowImportKind> = Extract<RowImportFormat, { kind: Kind }>;

const PackageFile = z.strictObject({
  kind: z.literal("package"),
  /**
   * Formats of the entities' files by the source data format that the package's manifest names, as far as they are
   * not known: `CSV`, `CSV-Unicode`, `TAB`, `XML-Element`, `XML-Attribute` are, and can be set to something else.
   */
  sourceFormats: z
    .array(z.strictObject({ name: z.string().min(1).max(60), file: RowImportFormat }))
    .max(50)
    .default([])
    .superRefine((formats, context) => {
      refuseTwice(
        formats.map(({ name }) => name.toLowerCase()),
        [],
        context,
      );
    }),
});
export type PackageImportFormat = z.infer<typeof PackageFile>;

/** The format of a file that is handed in. */
export const ImportFormat = z.discriminatedUnion(
  "kind",
  [...RowImportFormat.options, PackageFile],
  {
    error:
      'must have a kind: "csv", "json", "jsonl", "xml", "xml-lines", "fixed-width" or "package"',
  },
);
export type ImportFormat = z.infer<typeof ImportFormat>;

/** How the file's bytes are packed; `auto`: gzip when they start like gzip. */
export const Decompression = z.enum(["auto", "gzip", "none"]);
export type Decompression = z.infer<typeof Decompression>;

function refuseTwice(
  names: readonly string[],
  path: readonly string[],
  context: z.core.$RefinementCtx,
): void {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (seen.has(name)) {
      context.addIssue({
        code: "custom",
        path: [...path, index],
        message: `must not use the name "${name}" twice`,
      });
    }
    seen.add(name);
  }
}

import { z } from "zod";
import { ColumnName } from "./rows.ts";
import { XML_NAME_REGEXP } from "./xml/name-characters.ts";

/** What all files of text have. */
const TEXT = {
  encoding: z
    .enum(["auto", "utf-8", "utf-16le", "utf-16be", "windows-1252"])
    .default("auto")
    .describe(
      "`auto`: by the byte order mark or by the zero bytes of UTF-16 text that has none, else UTF-8. A mark that says something else than what is chosen here is refused. A charset that the request names goes before what stands here.",
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

const Delimiter = z
  .string()
  .regex(/^[^\p{Cs}"\r\n\0\uFEFF]$/u, "must be one character, but no quote and no line break")
  .refine((text) => text.length === 1, "must be one character of the Basic Multilingual Plane");

const CsvFile = z
  .strictObject({
    kind: z.literal("csv").describe("Comma-separated values."),
    delimiter: Delimiter.default(",").describe("Between values."),
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
        "`double`: values may stand in double quotes, with quotes inside doubled; `none`: a quote is like any character.",
      ),
    strayQuotes: z
      .enum(["refuse", "keep"])
      .default("refuse")
      .describe(
        'What a quote inside a value without quotes is (`5" disk`): `refuse` the row, since programs read it in different ways, or `keep` it as a character.',
      ),
    nullText: z
      .string()
      .max(20)
      .default("")
      .describe("What stands for a null, without quotes; in quotes it is a text."),
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
  unknownFields: z
    .enum(["refuse", "ignore"])
    .optional()
    .describe(
      "Fields that the import does not declare (without a declaration: that the first row does not have): `refuse` the row, or `ignore` the field. By default they are ignored in data packages, whose manifest maps more fields than one import wants, and refused elsewhere.",
    ),
  ...TEXT,
} as const;

const XmlName = z
  .string()
  .max(128)
  .regex(XML_NAME_REGEXP, "must be an XML name without a prefix, such as Customer_Group");

const XML_ROWS = {
  values: z
    .enum(["elements", "attributes"])
    .default("elements")
    .describe("Whether a row's values are its child elements or its attributes."),
  ...NAMED_FIELDS,
} as const;

const FixedColumn = z.strictObject({
  name: ColumnName.describe("Name of the field."),
  start: z.int().min(1).max(100_000).describe("Position of the first character, from 1."),
  length: z.int().min(1).max(100_000).describe("Characters of the value (Unicode code points)."),
  pad: z
    .string()
    .regex(/^[^\p{Cs}\p{Cc}]$/u, "must be one character")
    .refine((text) => text.length === 1, "must be one character of the Basic Multilingual Plane")
    .default(" ")
    .describe("What fills a value that is shorter than its column."),
  trim: z
    .enum(["end", "start", "both", "none"])
    .default("end")
    .describe(
      "The ends that padding is taken off: `end` is right for text, `start` for numbers filled with zeros.",
    ),
});
export type FixedColumn = z.infer<typeof FixedColumn>;

const FixedWidthFile = z
  .strictObject({
    kind: z.literal("fixed-width").describe("Lines whose values stand at fixed positions."),
    columns: z.array(FixedColumn).min(1).max(1_000).describe("Where each value stands."),
    header: z
      .boolean()
      .default(false)
      .describe("Whether the first line is a heading, to be skipped."),
    blank: z
      .enum(["null", "empty"])
      .default("null")
      .describe("What a value of nothing but padding is: null, or an empty text."),
    shortLines: z
      .enum(["refuse", "pad"])
      .default("refuse")
      .describe(
        "A line that ends before its last column: `refuse` the row, or `pad` it, for files whose ends were trimmed.",
      ),
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
const JsonLinesFile = z.strictObject({
  kind: z.literal("jsonl").describe("One JSON object a line."),
  ...NAMED_FIELDS,
});
const XmlFile = z.strictObject({
  kind: z.literal("xml").describe("One XML document."),
  rowElement: XmlName.optional().describe(
    "Name of the element around one row, at any depth; by default each child of the root is a row.",
  ),
  ...XML_ROWS,
});
const XmlLinesFile = z.strictObject({
  kind: z.literal("xml-lines").describe("One XML element a line."),
  rowElement: XmlName.optional().describe(
    "Name that each line's element must have; any by default.",
  ),
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
  kind: z
    .literal("package")
    .describe("A data package: a zip with a file for each entity and a manifest."),
  sourceFormats: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(60).describe("Name of the source data format in the manifest."),
        file: RowImportFormat.describe("How files of it are read."),
      }),
    )
    .max(50)
    .default([])
    .superRefine((formats, context) => {
      refuseTwice(
        formats.map(({ name }) => name.toLowerCase()),
        [],
        context,
      );
    })
    .describe(
      "Formats of the entities' files by the source data format that the package's manifest names, as far as they are not known: `CSV`, `CSV-Unicode`, `TAB`, `XML-Element`, `XML-Attribute` are, and can be set to something else.",
    ),
});
export type PackageImportFormat = z.infer<typeof PackageFile>;

/** The format of a file that is handed in. */
export const ImportFormat = z
  .discriminatedUnion("kind", [...RowImportFormat.options, PackageFile], {
    error:
      'must have a kind: "csv", "json", "jsonl", "xml", "xml-lines", "fixed-width" or "package"',
  })
  .describe("The format of a file that is handed in.");
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

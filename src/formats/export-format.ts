import { z } from "zod";
import { XML_NAME_REGEXP } from "./xml/name-characters.ts";

/** A character that no number, date or identifier holds, so that only text can need quotes because of it. */
const Delimiter = z
  .string()
  .regex(
    /^[^\p{L}\p{N}\p{Cs}"\r\n\uFEFF+\-.:/=_]$/u,
    'must be one character such as ",", ";", "|" or a tab: no letter, digit, quote, line break or any of + - . : / = _',
  )
  .refine((text) => text.length === 1, "must be one character of the Basic Multilingual Plane");

const CsvOptions = z
  .strictObject({
    kind: z.literal("csv").describe("Comma-separated values (RFC 4180)."),
    delimiter: Delimiter.default(",").describe("Between values."),
    header: z.boolean().default(true).describe("Whether the first line names the columns."),
    quoting: z
      .enum(["minimal", "all", "text"])
      .default("minimal")
      .describe(
        "`minimal`: only where a reader would go wrong without; `all`: every value; `text`: every value that is no number and no boolean. A null is never quoted, so that it differs from an empty text.",
      ),
    lineEnd: z.enum(["crlf", "lf"]).default("crlf").describe("At the end of each line."),
    nullText: z
      .string()
      .max(20)
      .default("")
      .describe(
        "How a null is written, without quotes. A text that reads the same is written in quotes.",
      ),
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
    encoding: z.enum(["utf-8", "utf-16le"]).default("utf-8").describe("Of the file's text."),
    bom: z
      .boolean()
      .optional()
      .describe(
        "Byte order mark; by default only in UTF-16, which readers do not recognise without.",
      ),
  })
  .refine(
    ({ nullText, delimiter }) => !/^\s|\s$|["\r\n]/.test(nullText) && !nullText.includes(delimiter),
    {
      path: ["nullText"],
      message: "must not hold the delimiter, a quote, a line break, or spaces at its ends",
    },
  );

const JSON_VALUES = {
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

const XmlName = z
  .string()
  .max(128)
  .regex(XML_NAME_REGEXP, "must be an XML name without a colon, such as Customer_Group")
  .refine((name) => !/^xml/i.test(name), 'must not start with "xml", which XML reserves');

const XmlNulls = z.enum(["omit", "xsi-nil"]);

const XML_VALUES = {
  rowElement: XmlName.optional().describe(
    "Name of the element around one row; the entity's name by default.",
  ),
  namespace: z
    .url("must be an absolute URI")
    .max(200)
    .optional()
    .describe("Default namespace of all elements; none by default."),
  nulls: XmlNulls.default("xsi-nil").describe(
    '`xsi-nil` writes the element empty with xsi:nil="true"; `omit` leaves it out, for readers that take an element which is missing for a null. An import of Waybill does not: what a row leaves out keeps its value.',
  ),
  controlCharacters: z
    .enum(["refuse", "replace"])
    .default("refuse")
    .describe(
      "XML 1.0 cannot hold most control characters; `replace` writes U+FFFD in their place.",
    ),
} as const;

const XmlOptions = z.strictObject({
  kind: z.literal("xml").describe("One XML document with an element for each row."),
  rootElement: XmlName.default("rows").describe("Name of the element around all rows."),
  declaration: z
    .boolean()
    .default(true)
    .describe('Whether the file starts with `<?xml version="1.0" encoding="utf-8"?>`.'),
  ...XML_VALUES,
});

const PackagedXmlOptions = XmlOptions.extend({
  nulls: XmlNulls.default("omit").describe(
    '`omit` leaves the element of a null out, as Dynamics 365 does; `xsi-nil` writes it empty with xsi:nil="true".',
  ),
});

const PackageText = z
  .string()
  .max(255)
  .regex(/^\P{Cc}*$/u, "must not hold control characters");

export const PackageOptions = z.strictObject({
  kind: z
    .literal("package")
    .describe("A data package: a zip with a file for each entity and a manifest."),
  definitionGroup: PackageText.min(1).describe("Name of the data project that the package fills."),
  description: PackageText.default("").describe("Stands in the manifest."),
  file: z
    .discriminatedUnion("kind", [CsvOptions, PackagedXmlOptions], {
      error: 'must be a format of kind "csv" or "xml"',
    })
    .describe("Format of the entity files."),
  sourceFormat: PackageText.min(1)
    .max(60)
    .optional()
    .describe(
      "Name of the source data format in the receiving system. By default `CSV-Unicode` for csv in utf-16le, `CSV` for csv in utf-8, `XML-Element` for xml.",
    ),
  manifestEncoding: z
    .enum(["utf-16le", "utf-8"])
    .default("utf-16le")
    .describe("Of the manifest's text."),
});
export type PackageOptions = z.infer<typeof PackageOptions>;

/** The file's format and what can be chosen about it. What each option does to a value stands with the format. */
export const FormatOptions = z
  .discriminatedUnion(
    "kind",
    [
      CsvOptions,
      z.strictObject({
        kind: z.literal("json").describe("One JSON array of objects."),
        ...JSON_VALUES,
      }),
      z.strictObject({
        kind: z.literal("jsonl").describe("One JSON object a line."),
        ...JSON_VALUES,
      }),
      XmlOptions,
      z.strictObject({
        kind: z.literal("xml-lines").describe("One XML element a line."),
        ...XML_VALUES,
      }),
      PackageOptions,
    ],
    { error: 'must have a kind: "csv", "json", "jsonl", "xml", "xml-lines" or "package"' },
  )
  .describe("The file's format and what can be chosen about it.");
export type FormatOptions = z.infer<typeof FormatOptions>;

/** Formats of files that hold the rows of one entity. */
export type RowFormatOptions = Exclude<FormatOptions, { kind: "package" }>;
export type RowFormatKind = RowFormatOptions["kind"];
export type OptionsOf<Kind extends RowFormatKind> = Extract<RowFormatOptions, { kind: Kind }>;

export const Compression = z.enum(["gzip", "none"]);
export type Compression = z.infer<typeof Compression>;

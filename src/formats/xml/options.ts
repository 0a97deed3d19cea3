import { z } from "zod";
import { NAMED_FIELDS } from "../named-fields.ts";
import { XML_NAME_REGEXP } from "./name-characters.ts";

const WrittenName = z
  .string()
  .max(128)
  .regex(XML_NAME_REGEXP, "must be an XML name without a colon, such as Customer_Group")
  .refine((name) => !/^xml/i.test(name), 'must not start with "xml", which XML reserves');

export const XmlNulls = z.enum(["omit", "xsi-nil"]);

/** Options of written rows, shared by all kinds of XML. */
export const XML_VALUES = {
  rowElement: WrittenName.optional().describe(
    "Name of the element around one row; the entity's name by default.",
  ),
  namespace: z
    .url("must be an absolute URI")
    .max(200)
    .optional()
    .describe("Default namespace of all elements; none by default."),
  nulls: XmlNulls.default("xsi-nil").describe(
    '`xsi-nil` writes the element empty with xsi:nil="true"; `omit` leaves it out, for readers that read a missing element as null. An import of Waybill does not: a field that a row leaves out keeps its value.',
  ),
  controlCharacters: z
    .enum(["refuse", "replace"])
    .default("refuse")
    .describe(
      "XML 1.0 cannot hold most control characters; `replace` writes U+FFFD in their place.",
    ),
} as const;

export const XmlExport = z.strictObject({
  kind: z.literal("xml").describe("One XML document with an element for each row."),
  rootElement: WrittenName.default("rows").describe("Name of the element around all rows."),
  declaration: z
    .boolean()
    .default(true)
    .describe('Whether the file starts with `<?xml version="1.0" encoding="utf-8"?>`.'),
  ...XML_VALUES,
});
export type XmlExport = z.infer<typeof XmlExport>;

/** Name of an element in a file that an import reads. */
export const ReadName = z
  .string()
  .max(128)
  .regex(XML_NAME_REGEXP, "must be an XML name without a prefix, such as Customer_Group");

/** Options of read rows, shared by all kinds of XML. */
export const XML_ROWS = {
  values: z
    .enum(["elements", "attributes"])
    .default("elements")
    .describe("Whether a row's values are its child elements or its attributes."),
  ...NAMED_FIELDS,
} as const;

export const XmlImport = z.strictObject({
  kind: z.literal("xml").describe("One XML document."),
  rowElement: ReadName.optional().describe(
    "Name of the element around one row, at any depth; by default each child of the root is a row.",
  ),
  ...XML_ROWS,
});
export type XmlImport = z.infer<typeof XmlImport>;

import { z } from "zod";
import { ReadName, XML_ROWS, XML_VALUES } from "../xml/options.ts";

export const XmlLinesExport = z.strictObject({
  kind: z.literal("xml-lines").describe("One XML element per line."),
  ...XML_VALUES,
});
export type XmlLinesExport = z.infer<typeof XmlLinesExport>;

export const XmlLinesImport = z.strictObject({
  kind: z.literal("xml-lines").describe("One XML element per line."),
  rowElement: ReadName.optional().describe("Name of each line's element; any name by default."),
  ...XML_ROWS,
});
export type XmlLinesImport = z.infer<typeof XmlLinesImport>;

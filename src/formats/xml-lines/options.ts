import { z } from "zod";
import { ReadName, XML_ROWS, XML_VALUES } from "../xml/options.ts";

export const XmlLinesExport = z.strictObject({
  kind: z.literal("xml-lines").describe("One XML element a line."),
  ...XML_VALUES,
});
export type XmlLinesExport = z.infer<typeof XmlLinesExport>;

export const XmlLinesImport = z.strictObject({
  kind: z.literal("xml-lines").describe("One XML element a line."),
  rowElement: ReadName.optional().describe(
    "Name that each line's element must have; any by default.",
  ),
  ...XML_ROWS,
});
export type XmlLinesImport = z.infer<typeof XmlLinesImport>;

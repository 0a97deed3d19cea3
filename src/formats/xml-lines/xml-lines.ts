import type { ReadableFormat, WritableFormat } from "../format.ts";
import { readAsText } from "../text/text-reader.ts";
import { writtenAsText } from "../text/text-writer.ts";
import { failedXmlRows } from "../xml/failed-rows.ts";
import { XmlLinesExport, XmlLinesImport } from "./options.ts";
import { xmlLinesReader } from "./read.ts";
import { xmlLinesWriter } from "./write.ts";

/** XML lines. */
export const xmlLines: WritableFormat<typeof XmlLinesExport> &
  ReadableFormat<typeof XmlLinesImport> = {
  kind: "xml-lines",
  contentType: "application/x-xmllines",
  extension: "xmll",
  exportOptions: XmlLinesExport,
  ...writtenAsText(xmlLinesWriter),
  importOptions: XmlLinesImport,
  ...readAsText(xmlLinesReader, failedXmlRows),
};

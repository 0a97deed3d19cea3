import type { ReadableFormat, WritableFormat } from "../format.ts";
import { readAsText } from "../text/text-reader.ts";
import { writtenAsText } from "../text/text-writer.ts";
import { failedXmlRows } from "./failed-rows.ts";
import { XmlExport, XmlImport } from "./options.ts";
import { xmlReader } from "./read.ts";
import { xmlWriter } from "./write.ts";

/** One XML document. */
export const xml: WritableFormat<typeof XmlExport> & ReadableFormat<typeof XmlImport> = {
  kind: "xml",
  contentType: "application/xml",
  extension: "xml",
  exportOptions: XmlExport,
  ...writtenAsText(xmlWriter),
  importOptions: XmlImport,
  ...readAsText(xmlReader, failedXmlRows),
};

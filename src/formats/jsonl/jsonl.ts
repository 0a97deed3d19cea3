import type { ReadableFormat, WritableFormat } from "../format.ts";
import { failedJsonRows } from "../json/failed-rows.ts";
import { JsonLinesExport, JsonLinesImport } from "./options.ts";
import { jsonLinesReader } from "./read.ts";
import { jsonLinesWriter } from "./write.ts";

/** JSON lines. */
export const jsonl: WritableFormat<typeof JsonLinesExport> &
  ReadableFormat<typeof JsonLinesImport> = {
  kind: "jsonl",
  contentType: "application/x-jsonlines",
  extension: "jsonl",
  exportOptions: JsonLinesExport,
  encodingOf: () => "utf-8",
  writer: jsonLinesWriter,
  importOptions: JsonLinesImport,
  reader: jsonLinesReader,
  failedRows: failedJsonRows,
};

import type { ReadableFormat, WritableFormat } from "../format.ts";
import { failedJsonRows } from "../json/failed-rows.ts";
import { readAsText } from "../text/text-reader.ts";
import { writtenAsText } from "../text/text-writer.ts";
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
  ...writtenAsText(jsonLinesWriter),
  importOptions: JsonLinesImport,
  ...readAsText(jsonLinesReader, failedJsonRows),
};

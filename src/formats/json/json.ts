import type { ReadableFormat, WritableFormat } from "../format.ts";
import { readAsText } from "../text/text-reader.ts";
import { writtenAsText } from "../text/text-writer.ts";
import { failedJsonRows } from "./failed-rows.ts";
import { JsonExport, JsonImport } from "./options.ts";
import { jsonReader } from "./read.ts";
import { jsonWriter } from "./write.ts";

/** One JSON array. */
export const json: WritableFormat<typeof JsonExport> & ReadableFormat<typeof JsonImport> = {
  kind: "json",
  contentType: "application/json",
  extension: "json",
  exportOptions: JsonExport,
  ...writtenAsText(jsonWriter),
  importOptions: JsonImport,
  ...readAsText(jsonReader, failedJsonRows),
};

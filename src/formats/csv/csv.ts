import type { ReadableFormat, WritableFormat } from "../format.ts";
import { readAsText } from "../text/text-reader.ts";
import { writtenAsText } from "../text/text-writer.ts";
import { failedCsvRows } from "./failed-rows.ts";
import { CsvExport, CsvImport } from "./options.ts";
import { csvReader } from "./read.ts";
import { csvWriter } from "./write.ts";

/** Comma-separated values. */
export const csv: WritableFormat<typeof CsvExport> & ReadableFormat<typeof CsvImport> = {
  kind: "csv",
  contentType: "text/csv",
  extension: "csv",
  exportOptions: CsvExport,
  ...writtenAsText(csvWriter, ({ encoding }) => encoding),
  importOptions: CsvImport,
  ...readAsText(csvReader, failedCsvRows),
};

import type { ReadableFormat, WritableFormat } from "../format.ts";
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
  encodingOf: ({ encoding }) => encoding,
  writer: csvWriter,
  importOptions: CsvImport,
  reader: csvReader,
  failedRows: failedCsvRows,
};

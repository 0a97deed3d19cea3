import { failedCsvRows } from "./csv/failed-rows.ts";
import { failedFixedWidthRows } from "./fixed-width/failed-rows.ts";
import type { ImportOptionsOf, RowImportFormat, RowImportKind } from "./import-format.ts";
import { failedJsonRows } from "./json/failed-rows.ts";
import type { GivenRow } from "./rows.ts";
import { textEncoder } from "./text/encode-text.ts";
import { failedXmlRows } from "./xml/failed-rows.ts";

/** A row that an import did not take. */
export interface FailedRow {
  /** Number of the row in the file that was handed in. */
  readonly row: number;
  /**
   * Its cells as they were read. Of a row that could not be read, `UnreadRow.raw`: its text as it stood in the file, or
   * null when that was too long to be kept.
   */
  readonly values: GivenRow | string | null;
  /** In words that a partner can act on. */
  readonly reason: string;
}

/** Writes the text of a file of failed rows. `reason` names the row and stands on one line. */
export interface FailedRowsText {
  start(): string;
  row(values: GivenRow | string | null, reason: string): string;
  end(): string;
}

type FailedRowsWriter<Options> = (options: Options, columns: readonly string[]) => FailedRowsText;

const WRITERS: { readonly [Kind in RowImportKind]: FailedRowsWriter<ImportOptionsOf<Kind>> } = {
  csv: failedCsvRows,
  json: failedJsonRows,
  jsonl: failedJsonRows,
  xml: failedXmlRows,
  "xml-lines": failedXmlRows,
  "fixed-width": failedFixedWidthRows,
};

const MIN_CHUNK_LENGTH = 65_536;
const LINE_ENDS_REGEXP = /[\r\n\u0085\u2028\u2029]+/g;

/**
 * Writes the error file of an import: the rows that were not taken, and they alone, in the format that they came in,
 * each with the reason. Mended, it can be handed in again as it is: readers pass over the reason.
 *
 * Cells are written so that they are read back equal. A row that could not be read stands as it stood in the file where
 * it can without spoiling its neighbours, otherwise as the text of the field `WaybillRaw` (csv: as one quoted value);
 * it fails again until it is mended.
 *
 * @param columns of {@link RowsRead}
 */
export async function* writeFailedRows(
  format: RowImportFormat,
  columns: readonly string[],
  rows: AsyncIterable<FailedRow>,
): AsyncGenerator<Buffer> {
  const writer = (WRITERS[format.kind] as FailedRowsWriter<RowImportFormat>)(format, columns);
  const encode = textEncoder(format.encoding);
  let text = writer.start();
  for await (const { row, values, reason } of rows) {
    text += writer.row(values, `row ${row}: ${reason.replace(LINE_ENDS_REGEXP, " ")}`);
    if (text.length >= MIN_CHUNK_LENGTH) {
      yield encode(text);
      text = "";
    }
  }
  text += writer.end();
  if (text !== "") {
    yield encode(text);
  }
}

import type { FailedRow } from "./format.ts";
import { type RowImportFormat, readableFormat } from "./index.ts";
import { textEncoder } from "./text/encode-text.ts";

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
  const writer = readableFormat(format.kind).failedRows(format, columns);
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

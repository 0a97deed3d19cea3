import { jsonRows } from "../json/json-values.ts";
import type { Column } from "../rows.ts";
import type { TextWriter } from "../text/text-writer.ts";
import type { JsonLinesExport } from "./options.ts";

/**
 * JSON lines: one object per row and line, UTF-8 without a byte order mark. Every line ends with LF, the last one too.
 * A file without rows is empty. {@link jsonRows} describes how each value is written.
 *
 * @see https://jsonlines.org
 */
export function jsonLinesWriter(
  columns: readonly Column[],
  _entity: string,
  options: JsonLinesExport,
): TextWriter {
  const object = jsonRows(columns, options);
  return {
    start: () => "",
    rows: (batch) => {
      let text = "";
      for (const row of batch) {
        text += `${object(row)}\n`;
      }
      return text;
    },
    end: () => "",
  };
}

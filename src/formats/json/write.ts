import type { Column } from "../rows.ts";
import type { TextWriter } from "../text/text-writer.ts";
import { jsonRows } from "./json-values.ts";
import type { JsonExport } from "./options.ts";

/**
 * JSON: one array with one object per row, each on its own line, UTF-8 without a byte order mark. A file without rows
 * is an empty array. {@link jsonRows} describes how each value is written.
 */
export function jsonWriter(
  columns: readonly Column[],
  _entity: string,
  options: JsonExport,
): TextWriter {
  const object = jsonRows(columns, options);
  let separator = "\n";
  return {
    start: () => "[",
    rows: (batch) => {
      let text = "";
      for (const row of batch) {
        text += separator + object(row);
        separator = ",\n";
      }
      return text;
    },
    end: () => "\n]\n",
    goOn: () => {
      separator = ",\n";
    },
  };
}

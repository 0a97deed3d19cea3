import type { Column } from "../rows.ts";
import type { TextWriter } from "../text/text-writer.ts";
import { jsonRows } from "./json-values.ts";
import type { JsonExport } from "./options.ts";

/**
 * JSON: one array with one object a row, each on its own line, UTF-8 without a byte order mark. A file without rows
 * is an empty array. How each value is written stands with {@link jsonRows}.
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

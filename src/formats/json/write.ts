import type { OptionsOf } from "../export-format.ts";
import type { Format } from "../format.ts";
import { jsonRows } from "./json-values.ts";

/**
 * JSON: one array with one object a row, each on its own line, UTF-8 without a byte order mark. A file without rows
 * is an empty array. How each value is written stands with {@link jsonRows}.
 */
export const json: Format<OptionsOf<"json">> = {
  contentType: "application/json",
  extension: "json",
  writer: (columns, _entity, options) => {
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
  },
};

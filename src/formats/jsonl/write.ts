import type { OptionsOf } from "../export-format.ts";
import type { Format } from "../format.ts";
import { jsonRows } from "../json/json-values.ts";

/**
 * JSON lines: one object a row and line, UTF-8 without a byte order mark. Every line ends with LF, also the last one;
 * a file without rows is empty. How each value is written stands with {@link jsonRows}.
 *
 * @see https://jsonlines.org
 */
export const jsonl: Format<OptionsOf<"jsonl">> = {
  contentType: "application/x-jsonlines",
  extension: "jsonl",
  writer: (columns, _entity, options) => {
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
  },
};

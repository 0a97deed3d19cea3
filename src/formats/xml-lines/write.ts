import type { OptionsOf } from "../export-format.ts";
import type { Format } from "../format.ts";
import { xmlRows } from "../xml/xml-rows.ts";

/**
 * XML lines: one XML document a row and line, UTF-8 without a byte order mark or a declaration. Every line ends with
 * LF, also the last one, and no other line break stands in it; a file without rows is empty. How each value is written
 * stands with {@link xmlRows}.
 */
export const xmlLines: Format<OptionsOf<"xml-lines">> = {
  contentType: "application/x-xmllines",
  extension: "xmll",
  writer: (columns, entity, options) => {
    const element = xmlRows(columns, entity, options);
    return {
      start: () => "",
      rows: (batch) => {
        let text = "";
        for (const row of batch) {
          text += `${element(row)}\n`;
        }
        return text;
      },
      end: () => "",
    };
  },
};

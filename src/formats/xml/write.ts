import type { OptionsOf } from "../export-format.ts";
import type { Format } from "../format.ts";
import { xmlNamespaces, xmlRows } from "./xml-rows.ts";

/**
 * One XML document, UTF-8 without a byte order mark: a root element, in it one element a row, each on its own line.
 * How each value is written stands with {@link xmlRows}.
 */
export const xml: Format<OptionsOf<"xml">> = {
  contentType: "application/xml",
  extension: "xml",
  writer: (columns, entity, options) => {
    const element = xmlRows(columns, entity, options);
    const declaration = options.declaration ? '<?xml version="1.0" encoding="utf-8"?>\n' : "";
    return {
      start: () => `${declaration}<${options.rootElement}${xmlNamespaces(options)}>\n`,
      rows: (batch) => {
        let text = "";
        for (const row of batch) {
          text += `${element(row)}\n`;
        }
        return text;
      },
      end: () => `</${options.rootElement}>\n`,
    };
  },
};

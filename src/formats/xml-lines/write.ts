import type { Column } from "../rows.ts";
import type { TextWriter } from "../text/text-writer.ts";
import { xmlRows } from "../xml/xml-rows.ts";
import type { XmlLinesExport } from "./options.ts";

/**
 * XML lines: one XML document a row and line, UTF-8 without a byte order mark or a declaration. Every line ends with
 * LF, also the last one, and no other line break stands in it; a file without rows is empty. How each value is written
 * stands with {@link xmlRows}.
 */
export function xmlLinesWriter(
  columns: readonly Column[],
  entity: string,
  options: XmlLinesExport,
): TextWriter {
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
}

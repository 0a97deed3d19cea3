import type { Column } from "../rows.ts";
import type { TextWriter } from "../text/text-writer.ts";
import { xmlRows } from "../xml/xml-rows.ts";
import type { XmlLinesExport } from "./options.ts";

/**
 * XML lines: one XML document per row and line, UTF-8 without a byte order mark or a declaration. Every line ends with
 * LF, the last one too, and holds no other line break. A file without rows is empty. {@link xmlRows} describes how each
 * value is written.
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

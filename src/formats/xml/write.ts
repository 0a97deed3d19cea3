import type { Column } from "../rows.ts";
import type { TextWriter } from "../text/text-writer.ts";
import type { XmlExport } from "./options.ts";
import { xmlNamespaces, xmlRows } from "./xml-rows.ts";

/**
 * One XML document, UTF-8 without a byte order mark: a root element with one element per row, each on its own line.
 * {@link xmlRows} describes how each value is written.
 */
export function xmlWriter(
  columns: readonly Column[],
  entity: string,
  options: XmlExport,
): TextWriter {
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
}

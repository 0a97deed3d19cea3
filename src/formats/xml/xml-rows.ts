import type { Cell, Column, Row } from "../rows.ts";
import type { XmlLinesExport } from "../xml-lines/options.ts";
import { xmlName } from "./element-name.ts";
import type { XmlExport } from "./options.ts";
import { xmlText } from "./xml-text.ts";

/**
 * Rows as XML elements, XML 1.0: the writing rules that `xml` and `xml-lines` share. One element per row holds one
 * element per column.
 *
 * | what                    | how it is written                                                                    |
 * |-------------------------|--------------------------------------------------------------------------------------|
 * | null                    | `<a xsi:nil="true"/>`; with `nulls: "omit"`, the default in packages, no element     |
 * | empty text              | `<a></a>`                                                                            |
 * | number                  | its canonical text, every digit; infinities as XML Schema spells them: `INF`, `-INF` |
 * | boolean                 | `true`, `false`                                                                      |
 * | date, time, instant     | its canonical text: ISO 8601, instants in UTC with `Z`                               |
 * | json, binary            | the JSON text as text, base64                                                        |
 * | `& < > "`               | `&amp; &lt; &gt; &quot;`                                                             |
 * | carriage return         | `&#13;`, since parsers turn a bare one into a line feed                              |
 * | line feed, tab, blanks  | as they are, at the ends too; in `xml-lines` a line feed is `&#10;`, and U+0085, U+2028, U+2029 are references |
 * | emoji                   | as they are                                                                          |
 * | other control characters, U+FFFE, U+FFFF | refused; with `controlCharacters: "replace"` U+FFFD                 |
 * | lone surrogate          | U+FFFD, because no Unicode encoding can hold it                                      |
 * | column and entity names | characters that an XML name cannot hold are escaped, see {@link xmlName}             |
 *
 * @see https://www.w3.org/TR/xml/
 * @see https://www.w3.org/TR/xmlschema11-2/
 */
export function xmlRows(
  columns: readonly Column[],
  entity: string,
  options: XmlOptions,
): (row: Row) => string {
  const name = options.rowElement ?? xmlName(entity);
  // Each line of xml-lines is a document of its own, so it must declare the namespaces.
  const open = options.kind === "xml" ? `<${name}>` : `<${name}${xmlNamespaces(options)}>`;
  const close = `</${name}>`;
  const elements = columns.map((column) => elementWriter(column, options));
  const width = elements.length;

  return (row) => {
    let text = open;
    for (let index = 0; index < width; index += 1) {
      text += (elements[index] as ElementWriter)(row[index] as Cell);
    }
    return text + close;
  };
}

/** The namespace declarations for a start tag: `""` or ` xmlns="..."`. */
export function xmlNamespaces(options: XmlOptions): string {
  const attribute = xmlText("namespace", { controlCharacters: "refuse", oneLine: true });
  const own = options.namespace === undefined ? "" : ` xmlns="${attribute(options.namespace)}"`;
  return options.nulls === "xsi-nil" ? `${own} xmlns:xsi="${XSI}"` : own;
}

type XmlOptions = XmlExport | XmlLinesExport;
type ElementWriter = (cell: Cell) => string;

const XSI = "http://www.w3.org/2001/XMLSchema-instance";

function elementWriter(column: Column, options: XmlOptions): ElementWriter {
  const name = xmlName(column.name);
  const open = `<${name}>`;
  const close = `</${name}>`;
  const missing = options.nulls === "xsi-nil" ? `<${name} xsi:nil="true"/>` : "";
  const text = xmlText(column.name, {
    controlCharacters: options.controlCharacters,
    oneLine: options.kind === "xml-lines",
  });
  if (column.type === "double") {
    return (cell) =>
      cell === null ? missing : open + text(cell.replace("Infinity", "INF")) + close;
  }
  return (cell) => (cell === null ? missing : open + text(cell) + close);
}

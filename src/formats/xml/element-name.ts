import { XML_NAME_REST, XML_NAME_START } from "./name-characters.ts";

const START_REGEXP = new RegExp(`[${XML_NAME_START}]`, "u");
const REST_REGEXP = new RegExp(`[${XML_NAME_REST}]`, "u");
// Without the closing underscore, because that may be the first one of the next escape.
const LOOKS_ESCAPED_REGEXP = /^_x[0-9A-Fa-f]{4}/;

/**
 * Makes an XML element name of any text. Different texts give different names, and readers can undo it. Each character
 * that a name cannot hold becomes `_xHHHH_` (`_xHHHHHHHH_` outside the Basic Multilingual Plane), as in SQL databases
 * and .NET's XmlConvert. `Order Date` becomes `Order_x0020_Date`. The colon is escaped too.
 *
 * An underscore that looks like the start of an escape is escaped too. So is the first letter of a leading "xml", which
 * XML reserves.
 *
 * @throws RangeError on the empty text
 * @see ISO/IEC 9075-14, 9.1 "Mapping SQL identifiers to XML Names"
 */
export function xmlName(text: string): string {
  if (text === "") {
    throw new RangeError("Cannot write XML: a column has an empty name");
  }
  let name = "";
  let offset = 0;
  for (const character of text) {
    const fits = (offset === 0 ? START_REGEXP : REST_REGEXP).test(character);
    const reserved = offset === 0 && /^xml/i.test(text);
    const looksEscaped = character === "_" && LOOKS_ESCAPED_REGEXP.test(text.slice(offset));
    name += fits && !reserved && !looksEscaped ? character : escaped(character);
    offset += character.length;
  }
  return name;
}

function escaped(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  return `_x${codePoint
    .toString(16)
    .toUpperCase()
    .padStart(codePoint > 0xffff ? 8 : 4, "0")}_`;
}

import { XMLParser, XMLValidator } from "fast-xml-parser";
import { BrokerError } from "../broker/errors.ts";

/** An element with its text and children in order. Names that were read are local names, without namespaces. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly content: readonly (XmlElement | string)[];
}

/** Makes an element without attributes. */
export function element(name: string, ...content: readonly (XmlElement | string)[]): XmlElement {
  return { name, attributes: {}, content };
}

/** Characters that XML 1.0 cannot hold, not even escaped. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** Parsers would change carriage returns and, in attributes, tabs and line breaks. */
const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

function escaped(text: string, pattern: RegExp): string {
  return text
    .replace(FORBIDDEN, "\uFFFD")
    .replace(pattern, (character) => ESCAPES[character] ?? character);
}

/** Writes an element; characters that XML cannot hold become U+FFFD. */
export function toXml({ name, attributes, content }: XmlElement): string {
  const attributeText = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(value, /[&<>"\t\n\r]/g)}"`)
    .join("");
  const contentText = content
    .map((part) => (typeof part === "string" ? escaped(part, /[&<>\r]/g) : toXml(part)))
    .join("");
  return `<${name}${attributeText}>${contentText}</${name}>`;
}

const TEXT = "#text";
const CDATA = "#cdata";
const ATTRIBUTES = ":@";
const MAX_DEPTH = 24;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  textNodeName: TEXT,
  cdataPropName: CDATA,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  maxNestedTags: MAX_DEPTH,
  // Decoded below. There text and CDATA are distinguished, and an entity that is not XML's own is an error.
  processEntities: false,
});

/** The parser's form: one key for the name, one for the attributes. */
type ParsedNode = Readonly<Record<string, unknown>>;

const NAMED: ReadonlyMap<string, string> = new Map([
  ["amp;", "&"],
  ["lt;", "<"],
  ["gt;", ">"],
  ["quot;", '"'],
  ["apos;", "'"],
]);

const MAX_CODE_POINT = 0x10_ffff;

/** The character of a reference without its ampersand; undefined when the reference is unknown. */
function referred(reference: string): string | undefined {
  const [, hex, decimal] = /^#(?:x([0-9A-Fa-f]+)|(\d+));$/.exec(reference) ?? [];
  if (hex === undefined && decimal === undefined) {
    return NAMED.get(reference);
  }
  const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  const character = point <= MAX_CODE_POINT ? String.fromCodePoint(point) : undefined;
  return character === undefined || character.search(FORBIDDEN) >= 0 ? undefined : character;
}

function decoded(text: string): string {
  return text.replace(/&[^;&]{0,10};?/g, (found) => {
    const character = referred(found.slice(1));
    if (character === undefined) {
      throw malformed(`there is no entity ${found}`);
    }
    return character;
  });
}

function malformed(why: string): BrokerError {
  return new BrokerError(
    "invalid-argument",
    `The request body is not XML that is understood: ${why}`,
  );
}

function contentOf(nodes: readonly ParsedNode[]): (XmlElement | string)[] {
  return nodes.map((node) => {
    const text = node[TEXT];
    if (typeof text === "string") {
      return decoded(text);
    }
    const cdata = node[CDATA] as readonly ParsedNode[] | undefined;
    return cdata === undefined ? elementOf(node) : String(cdata[0]?.[TEXT] ?? "");
  });
}

function elementOf(node: ParsedNode): XmlElement {
  const [name = "", children] = Object.entries(node).find(([key]) => key !== ATTRIBUTES) ?? [];
  const attributes = Object.entries((node[ATTRIBUTES] ?? {}) as Record<string, string>);
  return {
    name,
    attributes: Object.fromEntries(attributes.map(([key, value]) => [key, decoded(value)])),
    content: contentOf(children as readonly ParsedNode[]),
  };
}

/**
 * Reads a document into its root element.
 *
 * @throws BrokerError `invalid-argument` when the document is not well-formed, has a document type declaration, an
 *   entity other than XML's own five and character references, or nests beyond 24 levels
 */
export function parseXml(text: string): XmlElement {
  if (/<!DOCTYPE/i.test(text)) {
    throw malformed("it has a document type declaration");
  }
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) {
    throw malformed(verdict.err.msg);
  }
  const [root] = contentOf(parsed(text)).filter((part) => typeof part !== "string");
  if (root === undefined) {
    throw malformed("it has no element");
  }
  return root;
}

function parsed(text: string): readonly ParsedNode[] {
  try {
    return parser.parse(text);
  } catch (error) {
    // The parser throws plain errors for its own limits, such as nesting and reserved names.
    throw malformed(error instanceof Error ? error.message : String(error));
  }
}

/** The first child element of that name; null when there is none. */
export function childOf({ content }: XmlElement, name: string): XmlElement | null {
  for (const part of content) {
    if (typeof part !== "string" && part.name === name) {
      return part;
    }
  }
  return null;
}

export function childrenOf({ content }: XmlElement): readonly XmlElement[] {
  return content.filter((part) => typeof part !== "string");
}

/** The text directly in the element. */
export function textIn({ content }: XmlElement): string {
  return content.filter((part) => typeof part === "string").join("");
}

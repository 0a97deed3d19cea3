import { NotRepresentableError } from "../not-representable.ts";

/** How character data is written. */
export interface XmlTextRules {
  /** How to treat characters that XML 1.0 cannot hold, not even as a reference. */
  readonly controlCharacters: "refuse" | "replace";
  /** Whether every character that a reader may treat as a line end is written as a character reference. */
  readonly oneLine: boolean;
}

// The class lists allowed characters, because control characters cannot be named in a class.
const NEEDS_ESCAPE_REGEXP =
  /[^\t\n\u0020\u0021\u0023-\u0025\u0027-\u003B\u003D\u003F-\uD7FF\uE000-\uFFFD]/;
const NEEDS_ESCAPE_ON_ONE_LINE_REGEXP =
  /[^\t\u0020\u0021\u0023-\u0025\u0027-\u003B\u003D\u003F-\u0084\u0086-\u2027\u202A-\uD7FF\uE000-\uFFFD]/;
const NOT_XML_REGEXP = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const MARKUP_REGEXP = /[&<>"\r]/g;
const MARKUP_AND_LINE_ENDS_REGEXP = /[&<>"\r\n\u0085\u2028\u2029]/g;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/**
 * Compiles the escaping of one column's text, for element content and for attributes in double quotes.
 *
 * A carriage return becomes `&#13;`, since parsers turn a bare one into a line feed. A lone surrogate becomes U+FFFD.
 *
 * @returns a function that throws NotRepresentableError on characters that XML cannot hold, unless they are to be
 *   replaced
 * @see https://www.w3.org/TR/xml/#charsets
 * @see https://www.w3.org/TR/xml/#sec-line-ends
 */
export function xmlText(column: string, rules: XmlTextRules): (text: string) => string {
  const needsEscape = rules.oneLine ? NEEDS_ESCAPE_ON_ONE_LINE_REGEXP : NEEDS_ESCAPE_REGEXP;
  const markup = rules.oneLine ? MARKUP_AND_LINE_ENDS_REGEXP : MARKUP_REGEXP;
  const replacement = (character: string): string => {
    if (rules.controlCharacters === "replace") {
      return "\uFFFD";
    }
    const codePoint = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    throw new NotRepresentableError(column, character, `(U+${codePoint}) cannot stand in XML 1.0`);
  };
  return (text) =>
    needsEscape.test(text)
      ? text.toWellFormed().replace(NOT_XML_REGEXP, replacement).replace(markup, reference)
      : text;
}

function reference(character: string): string {
  return ENTITIES[character] ?? `&#${character.charCodeAt(0)};`;
}

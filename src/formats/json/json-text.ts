import { RowProblem } from "../row-problem.ts";
import { MAX_JSON_DEPTH, parseForeignJson } from "./bounded-json.ts";

/**
 * Finds tokens in JSON text (RFC 8259) that may end anywhere. Positions are indexes into the text. A token that does
 * not end in the text gives {@link CUT}.
 *
 * No library is used: `JSON.parse` needs whole documents, and it keeps the digits of numbers only at a third of this
 * speed.
 */

/** The token continues after the end of the text. */
export const CUT = -1;

const BACKSLASH = 0x5c;
// The class lists allowed characters, because control characters cannot be named in a class.
const PLAIN_REGEXP = /^[\u0020-\u005B\u005D-\uFFFF]*$/;
const NUMBER_REGEXP = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const STRUCTURE_REGEXP = /["{}[\]]/g;
/** A character that ends a number or literal; the others are space, comma and closing bracket. */
const SCALAR_END_REGEXP = /[\s,\]}:"{[]/g;

/** The position of the first character that is not a space. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) {
      return at;
    }
    at += 1;
  }
}

/**
 * The character at a position, for an error message. It is one character, so that the message does not depend on where
 * the text ends.
 */
export function characterAt(text: string, at: number): string {
  return JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0));
}

/** @returns the position after the closing quote of the string that starts at `at`, or CUT */
export function stringEnd(text: string, at: number): number {
  let quoteAt = text.indexOf('"', at + 1);
  while (quoteAt !== -1 && isEscaped(text, quoteAt)) {
    quoteAt = text.indexOf('"', quoteAt + 1);
  }
  return quoteAt === -1 ? CUT : quoteAt + 1;
}

function isEscaped(text: string, at: number): boolean {
  let from = at;
  while (text.charCodeAt(from - 1) === BACKSLASH) {
    from -= 1;
  }
  return (at - from) % 2 === 1;
}

/**
 * The decoded text of a string. Half a surrogate pair becomes U+FFFD, because no Unicode encoding can hold it.
 *
 * @throws RowProblem on a control character or an escape that JSON does not know
 */
export function stringValue(text: string, at: number, end: number): string {
  const inside = text.slice(at + 1, end - 1);
  if (PLAIN_REGEXP.test(inside)) {
    return inside;
  }
  return (parsed(text.slice(at, end)) as string).toWellFormed();
}

/** @returns the position after the number or literal that starts at `at`, or CUT */
export function scalarEnd(text: string, at: number): number {
  SCALAR_END_REGEXP.lastIndex = at;
  return SCALAR_END_REGEXP.exec(text)?.index ?? CUT;
}

/**
 * The text of a number or boolean as in the file, with every digit.
 * @throws RowProblem on anything else
 */
export function scalarValue(token: string): string | null {
  if (token === "null") {
    return null;
  }
  if (token === "true" || token === "false" || NUMBER_REGEXP.test(token)) {
    return token;
  }
  throw new RowProblem(
    "is not JSON: a value must be a string, number, object, array, true, false or null",
    {
      value: token,
    },
  );
}

/**
 * Finds the end of the object or array that starts at `at` by counting brackets. The content is not checked.
 *
 * @returns the position after it, or CUT
 * @throws RowProblem when it is nested deeper than `maxDepth`
 */
export function containerEnd(text: string, at: number, maxDepth = MAX_JSON_DEPTH): number {
  let depth = 0;
  let found = nextBracket(text, at);
  while (found !== CUT) {
    const bracket = text[found];
    depth += bracket === "{" || bracket === "[" ? 1 : -1;
    if (depth === 0) {
      return found + 1;
    }
    if (depth > maxDepth) {
      throw new RowProblem(`is nested more than ${maxDepth} deep`);
    }
    found = nextBracket(text, found + 1);
  }
  return CUT;
}

/** The position of the next bracket outside of strings, or CUT. */
function nextBracket(text: string, from: number): number {
  let start = from;
  while (start !== CUT) {
    STRUCTURE_REGEXP.lastIndex = start;
    const found = STRUCTURE_REGEXP.exec(text);
    if (found?.[0] !== '"') {
      return found?.index ?? CUT;
    }
    start = stringEnd(text, found.index);
  }
  return CUT;
}

/** Finds the end of any value that starts at `at`, as {@link containerEnd} does. */
export function anyValueEnd(text: string, at: number): number {
  const first = text[at];
  if (first === "{" || first === "[") {
    return containerEnd(text, at, Number.POSITIVE_INFINITY);
  }
  return first === '"' ? stringEnd(text, at) : scalarEnd(text, at);
}

/** The text of an object or array as in the file. @throws RowProblem when it is not JSON */
export function containerValue(token: string): string {
  parsed(token);
  return token;
}

function parsed(token: string): unknown {
  try {
    return parseForeignJson(token);
  } catch (error) {
    throw new RowProblem(`is not JSON: ${(error as Error).message}`, { value: token });
  }
}

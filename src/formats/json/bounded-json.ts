/**
 * Limits for JSON text from others, checked before it is parsed. Parsing takes memory and time for each level and
 * value, and blocks the process. The check is one pass over the text, without regular expressions.
 */

/** Levels of objects and arrays. Real documents have a handful. */
export const MAX_JSON_DEPTH = 64;
/** Values of one document, nested values included. Parsing so many takes about a second. */
export const MAX_JSON_VALUES = 4_000_000;
/** Members of one object. The parser must compare their names. */
export const MAX_JSON_MEMBERS = 100_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;

/**
 * Finds a limit that a text exceeds. A text that is not JSON may pass, because the parser refuses it.
 *
 * @returns a completion of "the text ..."; null: the text may be parsed
 */
export function jsonExcess(text: string): string | null {
  const count: Count = { depth: 0, values: 1, members: new Float64Array(MAX_JSON_DEPTH + 1) };
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = closingQuote(text, at);
    }
    const excess = step(count, code);
    if (excess !== null) {
      return excess;
    }
  }
  return null;
}

function step(count: Count, code: number): string | null {
  switch (code) {
    case OPEN_BRACKET:
    case OPEN_BRACE:
      return opened(count, code === OPEN_BRACE);
    case COMMA:
      return behindComma(count);
    case CLOSE_BRACKET:
    case CLOSE_BRACE:
      count.depth = Math.max(count.depth - 1, 0);
      return null;
    default:
      return null;
  }
}

interface Count {
  depth: number;
  values: number;
  /** For each depth, the number of members of the open object. Arrays have no such limit. */
  readonly members: Float64Array;
}

function opened(count: Count, isObject: boolean): string | null {
  count.depth += 1;
  if (count.depth > MAX_JSON_DEPTH) {
    return `is nested more than ${MAX_JSON_DEPTH} deep`;
  }
  count.members[count.depth] = isObject ? 1 : Number.NEGATIVE_INFINITY;
  return counted(count);
}

function behindComma(count: Count): string | null {
  const members = (count.members[count.depth] ?? 0) + 1;
  count.members[count.depth] = members;
  return members > MAX_JSON_MEMBERS
    ? `has an object with more than ${MAX_JSON_MEMBERS} members`
    : counted(count);
}

function counted(count: Count): string | null {
  count.values += 1;
  return count.values > MAX_JSON_VALUES ? `has more than ${MAX_JSON_VALUES} values` : null;
}

/** @returns the end of the string that begins at `at`; the text's end if the string does not end */
export function closingQuote(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let from = end;
    while (text.charCodeAt(from - 1) === BACKSLASH) {
      from -= 1;
    }
    if ((end - from) % 2 === 0) {
      return end;
    }
  }
  return text.length;
}

/** `JSON.parse` for texts from others. @throws SyntaxError for invalid JSON, and for JSON that exceeds the limits */
export function parseForeignJson(text: string): unknown {
  const excess = jsonExcess(text);
  if (excess !== null) {
    throw new SyntaxError(`the JSON text ${excess}`);
  }
  return JSON.parse(text);
}

/** Whether a text from others is JSON within the limits. */
export function isForeignJson(text: string): boolean {
  try {
    parseForeignJson(text);
    return true;
  } catch {
    return false;
  }
}

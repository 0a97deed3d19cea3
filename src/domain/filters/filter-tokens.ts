import { AppError } from "../errors.ts";
import { readDateTime } from "../values/date-time.ts";
import { plainDecimal } from "../values/decimal.ts";
import type { Literal } from "./filter-expression.ts";

/** A piece of a filter. `text` is the meaning: names and strings come without their quotes. */
export interface Token {
  readonly kind: "word" | "quoted-name" | "literal" | "symbol" | "end";
  readonly text: string;
  /** Where it starts, counted in characters from 1. */
  readonly position: number;
  readonly literal: Literal | null;
}

/** @param position counted in characters from 1 */
export function filterError(position: number, reason: string): AppError {
  return new AppError(
    "filter-invalid",
    `Cannot read the filter at character ${position}: ${reason}`,
  );
}

type Lexeme = "blank" | "string" | "quoted-name" | "number" | "word" | "symbol";

/** Each takes time linear in the matched text; none is made from user text. */
const LEXEMES: readonly (readonly [Lexeme, RegExp])[] = [
  ["blank", /[ \t\r\n]+/y],
  ["string", /'(?:[^']|'')*'/y],
  ["quoted-name", /"(?:[^"]|"")+"/y],
  ["number", /[+-]?[0-9][0-9A-Za-z:.+-]*/y],
  ["word", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ["symbol", /[(),]/y],
];

const LITERAL_WORDS: ReadonlyMap<string, Literal> = new Map<string, Literal>([
  ["true", { type: "boolean", value: true }],
  ["false", { type: "boolean", value: false }],
  ["null", { type: "null" }],
]);

/**
 * Cuts a filter into tokens, the last one of kind `end`.
 *
 * @throws AppError `filter-invalid` where no token starts
 */
export function filterTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  while (offset < text.length) {
    const { kind, raw } = lexemeAt(text, offset);
    if (kind !== "blank") {
      tokens.push(tokenOf(kind, raw, offset + 1));
    }
    offset += raw.length;
  }
  tokens.push({ kind: "end", text: "the end", position: text.length + 1, literal: null });
  return tokens;
}

function lexemeAt(text: string, offset: number): { kind: Lexeme; raw: string } {
  for (const [kind, pattern] of LEXEMES) {
    pattern.lastIndex = offset;
    const match = pattern.exec(text);
    if (match !== null) {
      return { kind, raw: match[0] };
    }
  }
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  const reason =
    character === "'" || character === '"'
      ? `${character} opens a text that is empty or never closed`
      : `${JSON.stringify(character)} is not expected`;
  throw filterError(offset + 1, reason);
}

function tokenOf(kind: Exclude<Lexeme, "blank">, raw: string, position: number): Token {
  switch (kind) {
    case "string": {
      const value = raw.slice(1, -1).replaceAll("''", "'");
      return { kind: "literal", text: raw, position, literal: { type: "string", value } };
    }
    case "number":
      return { kind: "literal", text: raw, position, literal: numberOrDate(raw, position) };
    case "quoted-name":
      return { kind, text: raw.slice(1, -1).replaceAll('""', '"'), position, literal: null };
    case "word": {
      const literal = LITERAL_WORDS.get(raw) ?? null;
      return { kind: literal === null ? "word" : "literal", text: raw, position, literal };
    }
    case "symbol":
      return { kind, text: raw, position, literal: null };
  }
}

function numberOrDate(raw: string, position: number): Literal {
  const number = plainDecimal(raw);
  if (number !== null) {
    return { type: "number", value: number };
  }
  const date = readDateTime(raw);
  if (date !== null) {
    return date;
  }
  throw filterError(
    position,
    `${raw} is neither a number nor a date such as 2024-02-29 or 2024-02-29T08:00:00Z`,
  );
}

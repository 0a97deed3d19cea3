import { randomBytes } from "node:crypto";
import { closingQuote } from "../../../formats/json/bounded-json.ts";

/**
 * Parses JSON without losing a digit of a number. A number that JavaScript would change (`1.50`, `9007199254740993`)
 * becomes a string that starts with a mark. No foreign text can hold the mark.
 *
 * `JSON.parse` with a reviver does the same, but is ten times slower. A large page would block the process for seconds.
 */
const MARK = randomBytes(9).toString("base64url");
const MARKED_REGEXP = new RegExp(`"${MARK}([^"]*)"`, "g");

const NUMBER_REGEXP = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** Whole numbers with so many characters are exact. */
const SAFE_LENGTH = 15;
/** Pieces of text that are gathered before they are joined. */
const MAX_PIECES = 10_000;

/** @param text bounded, see `jsonExcess` @throws SyntaxError */
export function parseExact(text: string): unknown {
  return JSON.parse(withMarkedNumbers(text));
}

function withMarkedNumbers(text: string): string {
  let marked = "";
  let pieces: string[] = [];
  let taken = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = closingQuote(text, at);
    } else if (isNumberStart(code)) {
      const end = numberEnd(text, at);
      if (isChanged(text, at, end)) {
        pieces.push(text.slice(taken, at), `"${MARK}${text.slice(at, end)}"`);
        taken = end;
      }
      at = end - 1;
    }
    if (pieces.length > MAX_PIECES) {
      marked += pieces.join("");
      pieces = [];
    }
  }
  return taken === 0 ? text : marked + pieces.join("") + text.slice(taken);
}

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

function isNumberStart(code: number): boolean {
  return code === MINUS || isDigit(code);
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** End of a number: the position after its last digit, `+`, `-`, `.`, `e` or `E`. */
function numberEnd(text: string, at: number): number {
  let end = at + 1;
  for (;;) {
    const code = text.charCodeAt(end);
    const goesOn =
      isDigit(code) ||
      code === 0x2e ||
      code === 0x65 ||
      code === 0x45 ||
      code === MINUS ||
      code === 0x2b;
    if (!goesOn) {
      return end;
    }
    end += 1;
  }
}

/** Text that is not a number stays, so that the parser refuses it. */
function isChanged(text: string, at: number, end: number): boolean {
  if (end - at <= SAFE_LENGTH && isWhole(text, at, end)) {
    return false;
  }
  const token = text.slice(at, end);
  return NUMBER_REGEXP.test(token) && String(Number(token)) !== token;
}

function isWhole(text: string, at: number, end: number): boolean {
  for (let index = at; index < end; index += 1) {
    if (!isDigit(text.charCodeAt(index))) {
      return false;
    }
  }
  return true;
}

/** @returns the digits of a number as in the document; null for anything else */
export function numberText(value: unknown): string | null {
  if (typeof value === "number") {
    return String(value);
  }
  return isMarked(value) ? value.slice(MARK.length) : null;
}

/** @returns a string of the document; null for anything else, even a number */
export function stringText(value: unknown): string | null {
  return typeof value === "string" && !isMarked(value) ? value : null;
}

/** The JSON text of a value of the document. */
export function exactText(value: unknown): string {
  return JSON.stringify(value).replace(MARKED_REGEXP, "$1");
}

function isMarked(value: unknown): value is string {
  return typeof value === "string" && value.startsWith(MARK);
}

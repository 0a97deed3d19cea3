import { MAX_FILTER_LENGTH } from "./filter.ts";
import {
  COMPARISON_OPERATORS,
  type ComparisonOperator,
  type FilterExpression,
  type Literal,
  TEXT_FUNCTIONS,
  type TextFunction,
} from "./filter-expression.ts";
import { filterError, filterTokens, type Token } from "./filter-tokens.ts";
import { RESERVED_WORDS } from "./filter-words.ts";

/** Deepest nesting of parentheses and `not`. It bounds the stack here and in all code that walks the expression. */
export const MAX_FILTER_DEPTH = 32;

/**
 * Reads a filter.
 *
 *     or          = and *( "or" and )
 *     and         = unary *( "and" unary )
 *     unary       = "not" ( "not" ... / call / group ) / call / group / comparison / membership
 *     group       = "(" or ")"
 *     call        = ( "startswith" / "endswith" / "contains" ) "(" name "," string ")"
 *     comparison  = name ( "eq" / "ne" / "gt" / "ge" / "lt" / "le" ) literal
 *     membership  = name "in" "(" literal *( "," literal ) ")"
 *
 * Words are in lower case. In OData `not` binds tighter than a comparison, so that `not a eq 1` would mean `(not a) eq
 * 1`. It is refused here, and the error shows the missing parentheses.
 *
 * @throws AppError `filter-invalid` with the position; nothing else, whatever the text
 */
export function parseFilter(text: string): FilterExpression {
  if (text.length > MAX_FILTER_LENGTH) {
    throw filterError(MAX_FILTER_LENGTH + 1, `it has more than ${MAX_FILTER_LENGTH} characters`);
  }
  const cursor: Cursor = { tokens: filterTokens(text), index: 0 };
  const expression = parseOperands(cursor, "or", 0);
  const rest = peek(cursor);
  if (rest.kind !== "end") {
    throw filterError(rest.position, `expected "and", "or" or the end, found ${shown(rest)}`);
  }
  return expression;
}

interface Cursor {
  readonly tokens: readonly Token[];
  index: number;
}

function peek(cursor: Cursor): Token {
  return cursor.tokens[cursor.index] as Token;
}

function take(cursor: Cursor): Token {
  const token = peek(cursor);
  // The cursor stays at the end, so that there is always a token to read.
  cursor.index += token.kind === "end" ? 0 : 1;
  return token;
}

function expect(cursor: Cursor, symbol: string): void {
  const token = take(cursor);
  if (!isSymbol(token, symbol)) {
    throw filterError(token.position, `expected "${symbol}", found ${shown(token)}`);
  }
}

function isSymbol(token: Token, symbol: string): boolean {
  return token.kind === "symbol" && token.text === symbol;
}

function isWord(token: Token, word: string): boolean {
  return token.kind === "word" && token.text === word;
}

function shown(token: Token): string {
  return token.kind === "end" ? "the end" : JSON.stringify(token.text);
}

function parseOperands(cursor: Cursor, kind: "and" | "or", depth: number): FilterExpression {
  const operand = (): FilterExpression =>
    kind === "or" ? parseOperands(cursor, "and", depth) : parseUnary(cursor, depth);
  const first = operand();
  if (!isWord(peek(cursor), kind)) {
    return first;
  }
  const operands = [first];
  while (isWord(peek(cursor), kind)) {
    take(cursor);
    operands.push(operand());
  }
  return { kind, operands };
}

function parseUnary(cursor: Cursor, depth: number): FilterExpression {
  const token = peek(cursor);
  if (depth > MAX_FILTER_DEPTH) {
    throw filterError(token.position, `it is nested deeper than ${MAX_FILTER_DEPTH} levels`);
  }
  if (isSymbol(token, "(")) {
    take(cursor);
    const inner = parseOperands(cursor, "or", depth + 1);
    expect(cursor, ")");
    return inner;
  }
  if (isWord(token, "not")) {
    take(cursor);
    return { kind: "not", operand: parseNegated(cursor, depth + 1) };
  }
  return isTextFunction(token) ? parseCall(cursor) : parseComparison(cursor);
}

function parseNegated(cursor: Cursor, depth: number): FilterExpression {
  const token = peek(cursor);
  if (!isSymbol(token, "(") && !isWord(token, "not") && !isTextFunction(token)) {
    throw filterError(
      token.position,
      `expected "(" after "not", found ${shown(token)}; write not (a eq 1)`,
    );
  }
  return parseUnary(cursor, depth);
}

function isTextFunction(token: Token): boolean {
  return token.kind === "word" && (TEXT_FUNCTIONS as readonly string[]).includes(token.text);
}

function parseCall(cursor: Cursor): FilterExpression {
  const name = take(cursor).text as TextFunction;
  expect(cursor, "(");
  const column = parseName(cursor);
  expect(cursor, ",");
  const { position } = peek(cursor);
  const literal = parseLiteral(cursor);
  if (literal.type !== "string") {
    throw filterError(position, `expected a text in single quotes for ${name}`);
  }
  expect(cursor, ")");
  return { kind: "text", function: name, name: column, text: literal.value };
}

function parseComparison(cursor: Cursor): FilterExpression {
  const name = parseName(cursor);
  const token = take(cursor);
  if (isWord(token, "in")) {
    return { kind: "in", name, literals: parseList(cursor) };
  }
  const operator = COMPARISON_OPERATORS.find((candidate) => isWord(token, candidate));
  if (operator === undefined) {
    throw filterError(
      token.position,
      `expected eq, ne, gt, ge, lt, le or in, found ${shown(token)}`,
    );
  }
  const { position } = peek(cursor);
  const literal = parseLiteral(cursor);
  requireOrder(operator, literal, position);
  return { kind: "compare", name, operator, literal };
}

/** Null and booleans have no order; the versions of OData differ about `null ge null`. */
function requireOrder(operator: ComparisonOperator, literal: Literal, position: number): void {
  const equality = operator === "eq" || operator === "ne";
  if (!equality && (literal.type === "null" || literal.type === "boolean")) {
    const value = literal.type === "null" ? "null" : literal.value;
    throw filterError(position, `${operator} cannot compare with ${value}; only eq, ne and in can`);
  }
}

function parseList(cursor: Cursor): readonly Literal[] {
  expect(cursor, "(");
  const literals = [parseLiteral(cursor)];
  while (isSymbol(peek(cursor), ",")) {
    take(cursor);
    literals.push(parseLiteral(cursor));
  }
  expect(cursor, ")");
  return literals;
}

function parseName(cursor: Cursor): string {
  const token = take(cursor);
  const plain = token.kind === "word" && !RESERVED_WORDS.has(token.text);
  if (!plain && token.kind !== "quoted-name") {
    throw filterError(token.position, `expected a name, found ${shown(token)}`);
  }
  return token.text;
}

function parseLiteral(cursor: Cursor): Literal {
  const token = take(cursor);
  if (token.literal === null) {
    throw filterError(token.position, `expected a value, found ${shown(token)}`);
  }
  return token.literal;
}

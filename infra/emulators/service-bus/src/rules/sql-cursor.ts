import type { AmqpValue } from "../broker/types.ts";
import { SqlSyntaxError, type Token, tokenize } from "./sql-token.ts";

/** Deeper nesting is refused, so that neither parsing nor evaluation can exhaust the stack. */
const MAX_DEPTH = 64;

/** A reading position in the tokens of one SQL text. */
export interface Cursor {
  readonly parameters: ReadonlyMap<string, AmqpValue>;
  peek(): Token;
  /** The token after the next one. */
  peekSecond(): Token;
  next(): Token;
  /** Takes the next token if it is this keyword or symbol. */
  take(text: string): boolean;
  /** @throws SqlSyntaxError when the next token is not this keyword or symbol */
  expect(text: string): void;
  /** Reads one level deeper. @throws SqlSyntaxError beyond the limit of nesting */
  nested<T>(read: () => T): T;
}

export function isPunctuation(token: Token, text: string): boolean {
  return (token.kind === "keyword" || token.kind === "symbol") && token.text === text;
}

/** @throws SqlSyntaxError when the text has no tokens, see `tokenize` */
export function cursorOver(sql: string, parameters: ReadonlyMap<string, AmqpValue>): Cursor {
  const tokens = tokenize(sql);
  const end = tokens.at(-1) as Token;
  let index = 0;
  let depth = 0;
  const cursor: Cursor = {
    parameters,
    peek: () => tokens[index] ?? end,
    peekSecond: () => tokens[index + 1] ?? end,
    next() {
      const token = cursor.peek();
      index += 1;
      return token;
    },
    take(text) {
      const matches = isPunctuation(cursor.peek(), text);
      index += matches ? 1 : 0;
      return matches;
    },
    expect(text) {
      const { text: found, position } = cursor.peek();
      if (!cursor.take(text)) {
        throw new SqlSyntaxError(`${text} is expected, not ${found}`, position);
      }
    },
    nested(read) {
      depth += 1;
      if (depth > MAX_DEPTH) {
        throw new SqlSyntaxError(
          `more than ${MAX_DEPTH} levels of nesting`,
          cursor.peek().position,
        );
      }
      const result = read();
      depth -= 1;
      return result;
    },
  };
  return cursor;
}

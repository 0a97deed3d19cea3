import type { AmqpValue } from "../broker/types.ts";
import type { Cursor } from "./sql-cursor.ts";
import { SqlSyntaxError, type Token } from "./sql-token.ts";
import type { Node, Property, Value } from "./sql-tree.ts";
import { findSystemProperty, NULL } from "./system-property.ts";

/** Readers for the content of parentheses. */
interface Inner {
  readonly node: (cursor: Cursor) => Node;
  readonly value: (cursor: Cursor) => Value;
}

const MAX_LONG = 2n ** 63n - 1n;

/** Reads a parenthesis, EXISTS, a constant, a parameter, a function call or a property. */
export function readPrimary(cursor: Cursor, inner: Inner): Node {
  if (cursor.take("(")) {
    const node = inner.node(cursor);
    cursor.expect(")");
    return node;
  }
  if (cursor.take("EXISTS")) {
    cursor.expect("(");
    const property = readProperty(cursor);
    cursor.expect(")");
    return { kind: "exists", property };
  }
  const token = cursor.peek();
  if (token.kind !== "name") {
    return { kind: "constant", value: readConstant(cursor) };
  }
  const second = cursor.peekSecond();
  const isCall = !token.delimited && second.kind === "symbol" && second.text === "(";
  return isCall ? readCall(cursor, inner) : readProperty(cursor);
}

/**
 * Reads a minus and the integer after it as one constant, because the least long has no positive counterpart; else
 * null.
 */
export function readNegativeInteger(cursor: Cursor): Value | null {
  const token = cursor.peekSecond();
  if (token.kind !== "integer" || !cursor.take("-")) {
    return null;
  }
  cursor.next();
  return { kind: "constant", value: long(-BigInt(token.text), token.position) };
}

function long(value: bigint, position: number): AmqpValue {
  if (value > MAX_LONG || value < -MAX_LONG - 1n) {
    throw new SqlSyntaxError(`${value} is outside the range of a 64-bit integer`, position);
  }
  return { type: "long", value };
}

function readConstant(cursor: Cursor): AmqpValue {
  const token = cursor.next();
  switch (token.kind) {
    case "string":
      return { type: "string", value: token.text };
    case "integer":
      return long(BigInt(token.text), token.position);
    case "real":
      return real(token);
    case "parameter":
      return parameter(cursor, token);
    default:
      return keywordConstant(token);
  }
}

function real({ text, position }: Token): AmqpValue {
  const value = Number(text);
  if (!Number.isFinite(value)) {
    throw new SqlSyntaxError(`${text} is outside the range of a double`, position);
  }
  return { type: "double", value };
}

function parameter(cursor: Cursor, { text, position }: Token): AmqpValue {
  const value = cursor.parameters.get(text);
  if (value === undefined) {
    throw new SqlSyntaxError(`the parameter ${text} has no value`, position);
  }
  return value;
}

function keywordConstant({ kind, text, position }: Token): AmqpValue {
  if (kind === "keyword" && text === "NULL") {
    return NULL;
  }
  if (kind === "keyword" && (text === "TRUE" || text === "FALSE")) {
    return { type: "boolean", value: text === "TRUE" };
  }
  throw new SqlSyntaxError(`a value or property is expected, not ${text}`, position);
}

function readCall(cursor: Cursor, inner: Inner): Value {
  const { text, position } = cursor.next();
  cursor.expect("(");
  switch (text.toLowerCase()) {
    case "newid":
      cursor.expect(")");
      return { kind: "newid" };
    case "property":
    case "p": {
      const name = cursor.nested(() => inner.value(cursor));
      cursor.expect(")");
      return { kind: "computed", name };
    }
    default:
      throw new SqlSyntaxError(
        `there is no function ${text}, only newid, property and p`,
        position,
      );
  }
}

/** Reads `name`, `user.name` or `sys.name`. */
export function readProperty(cursor: Cursor): Property {
  const first = readName(cursor);
  if (!cursor.take(".")) {
    return { kind: "application", name: first.text };
  }
  const { text, position } = readName(cursor);
  const scope = first.delimited ? "" : first.text.toLowerCase();
  if (scope === "user") {
    return { kind: "application", name: text };
  }
  if (scope !== "sys") {
    throw new SqlSyntaxError(
      `the scope is sys or user, not ${first.text}; a name with a dot goes in brackets`,
      first.position,
    );
  }
  const property = findSystemProperty(text);
  if (property === null) {
    throw new SqlSyntaxError(`there is no system property ${text}`, position);
  }
  return { kind: "system", property };
}

function readName(cursor: Cursor): Token {
  const token = cursor.next();
  if (token.kind !== "name") {
    throw new SqlSyntaxError(`a property is expected, not ${token.text}`, token.position);
  }
  return token;
}

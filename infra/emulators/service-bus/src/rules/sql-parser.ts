/*
 * Recursive descent over Service Bus SQL. It is own code, because no npm package reads this language (scopes, delimited
 * names, parameters, actions), and grammars of general SQL accept far more.
 *
 * From loose to tight: OR, AND, NOT, comparison (= LIKE IN IS), + -, * / %, sign, primary. A parenthesis may hold a
 * predicate or a value, which only its content shows. So one descent reads both, and each operator checks its operands.
 */
import type { AmqpValue } from "../broker/types.ts";
import { type Cursor, cursorOver, isPunctuation } from "./sql-cursor.ts";
import { readNegativeInteger, readPrimary, readProperty } from "./sql-primary.ts";
import { SqlSyntaxError } from "./sql-token.ts";
import {
  type ArithmeticOperator,
  type ComparisonOperator,
  isPredicate,
  type Node,
  type Predicate,
  type Property,
  type Statement,
  type Value,
} from "./sql-tree.ts";

const MAX_STATEMENTS = 32;

function asPredicate(node: Node, position: number): Predicate {
  if (!isPredicate(node)) {
    throw new SqlSyntaxError("a condition is expected, not a value", position);
  }
  return node;
}

function asValue(node: Node, position: number): Value {
  if (isPredicate(node)) {
    throw new SqlSyntaxError("a value is expected, not a condition", position);
  }
  return node;
}

/** Reads operands between the keyword `operator`, grouping from the left. */
function readConnected(
  cursor: Cursor,
  operator: "AND" | "OR",
  readOperand: (cursor: Cursor) => Node,
): Node {
  const { position } = cursor.peek();
  let node = readOperand(cursor);
  while (cursor.take(operator)) {
    const left = asPredicate(node, position);
    const rightAt = cursor.peek().position;
    const right = asPredicate(readOperand(cursor), rightAt);
    node = { kind: operator === "AND" ? "and" : "or", left, right };
  }
  return node;
}

function readNode(cursor: Cursor): Node {
  return cursor.nested(() => readConnected(cursor, "OR", readConjunction));
}

function readConjunction(cursor: Cursor): Node {
  return readConnected(cursor, "AND", readNegation);
}

function readNegation(cursor: Cursor): Node {
  if (!cursor.take("NOT")) {
    return readComparison(cursor);
  }
  const { position } = cursor.peek();
  const operand = cursor.nested(() => readNegation(cursor));
  return { kind: "not", operand: asPredicate(operand, position) };
}

const COMPARISONS: readonly ComparisonOperator[] = ["=", "!=", "<", "<=", ">", ">="];

function readComparison(cursor: Cursor): Node {
  const { position } = cursor.peek();
  const node = readSum(cursor);
  const operator = COMPARISONS.find((symbol) => cursor.take(symbol));
  if (operator !== undefined) {
    const left = asValue(node, position);
    return { kind: "compare", operator, left, right: readValue(cursor) };
  }
  const following = cursor.peek();
  if (!["IS", "NOT", "IN", "LIKE"].some((word) => isPunctuation(following, word))) {
    return node;
  }
  const value = asValue(node, position);
  return cursor.take("IS") ? readNullTest(cursor, value) : readMembership(cursor, value);
}

/** Reads the rest after IS. */
function readNullTest(cursor: Cursor, value: Value): Predicate {
  const negated = cursor.take("NOT");
  const { position } = cursor.peek();
  cursor.expect("NULL");
  if (value.kind !== "application" && value.kind !== "system" && value.kind !== "computed") {
    throw new SqlSyntaxError("IS NULL asks about a property only", position);
  }
  return negatedIf(negated, { kind: "is-null", value });
}

/** Reads IN or LIKE, with or without NOT. */
function readMembership(cursor: Cursor, value: Value): Predicate {
  const negated = cursor.take("NOT");
  if (cursor.take("LIKE")) {
    const pattern = readValue(cursor);
    const escapedBy = cursor.take("ESCAPE") ? readValue(cursor) : null;
    return negatedIf(negated, { kind: "like", value, pattern, escapedBy });
  }
  cursor.expect("IN");
  cursor.expect("(");
  const list = [readValue(cursor)];
  while (cursor.take(",")) {
    list.push(readValue(cursor));
  }
  cursor.expect(")");
  return negatedIf(negated, { kind: "in", value, list });
}

const negatedIf = (negated: boolean, operand: Predicate): Predicate =>
  negated ? { kind: "not", operand } : operand;

function readValue(cursor: Cursor): Value {
  const { position } = cursor.peek();
  return asValue(readSum(cursor), position);
}

/** Reads operands between any of the `operators`, grouping from the left. */
function readArithmetic(
  cursor: Cursor,
  operators: readonly ArithmeticOperator[],
  readOperand: (cursor: Cursor) => Node,
): Node {
  const { position } = cursor.peek();
  let node = readOperand(cursor);
  for (;;) {
    const operator = operators.find((symbol) => cursor.take(symbol));
    if (operator === undefined) {
      return node;
    }
    const left = asValue(node, position);
    const rightAt = cursor.peek().position;
    node = { kind: "arithmetic", operator, left, right: asValue(readOperand(cursor), rightAt) };
  }
}

function readSum(cursor: Cursor): Node {
  return readArithmetic(cursor, ["+", "-"], readProduct);
}

function readProduct(cursor: Cursor): Node {
  return readArithmetic(cursor, ["*", "/", "%"], readSigned);
}

function readSigned(cursor: Cursor): Node {
  const negative = readNegativeInteger(cursor);
  if (negative !== null) {
    return negative;
  }
  const operator = (["+", "-"] as const).find((symbol) => cursor.take(symbol));
  if (operator === undefined) {
    return readPrimary(cursor, { node: readNode, value: readValue });
  }
  const { position } = cursor.peek();
  const operand = asValue(
    cursor.nested(() => readSigned(cursor)),
    position,
  );
  return { kind: "sign", operator, operand };
}

function expectEnd(cursor: Cursor): void {
  const { kind, text, position } = cursor.peek();
  if (kind !== "end") {
    throw new SqlSyntaxError(`nothing more is expected, but there is ${text}`, position);
  }
}

/**
 * Reads the text of a SQL filter.
 *
 * @param parameters values of the `@parameters`, by names with their `@`
 * @throws SqlSyntaxError
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-filter
 */
export function parseFilter(
  sql: string,
  parameters: ReadonlyMap<string, AmqpValue> = new Map(),
): Predicate {
  const cursor = cursorOver(sql, parameters);
  const { position } = cursor.peek();
  const predicate = asPredicate(readNode(cursor), position);
  expectEnd(cursor);
  return predicate;
}

/**
 * Reads the text of a SQL action: `SET` and `REMOVE` statements, each with an optional semicolon.
 *
 * @param parameters values of the `@parameters`, by names with their `@`
 * @throws SqlSyntaxError, among others for a text without a statement or with more than 32
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-rule-action
 */
export function parseAction(
  sql: string,
  parameters: ReadonlyMap<string, AmqpValue> = new Map(),
): readonly Statement[] {
  const cursor = cursorOver(sql, parameters);
  const statements: Statement[] = [];
  do {
    const { position } = cursor.peek();
    if (statements.length === MAX_STATEMENTS) {
      throw new SqlSyntaxError(`more than ${MAX_STATEMENTS} statements`, position);
    }
    statements.push(readStatement(cursor));
    cursor.take(";");
  } while (cursor.peek().kind !== "end");
  return statements;
}

function readStatement(cursor: Cursor): Statement {
  if (cursor.take("REMOVE")) {
    return { kind: "remove", property: readSettable(cursor) };
  }
  cursor.expect("SET");
  const property = readSettable(cursor);
  cursor.expect("=");
  return { kind: "set", property, value: readValue(cursor) };
}

function readSettable(cursor: Cursor): Property {
  const { position } = cursor.peek();
  const property = readProperty(cursor);
  if (property.kind === "system" && property.property.settableAs === null) {
    throw new SqlSyntaxError(`sys.${property.property.name} is read-only`, position);
  }
  return property;
}

import { AppError } from "../errors.ts";
import { compareDecimals, plainDecimal } from "../values/decimal.ts";
import type {
  Comparison,
  ComparisonOperator,
  FilterExpression,
  Literal,
  Membership,
  TextMatch,
} from "./filter-expression.ts";
import { INVERSE, type NegationFree, pushNegations } from "./push-negations.ts";

/** A filter in the form of a Service Bus rule. The SDK wants `parameters` left out when it is empty. */
export interface ServiceBusSql {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
}

/** Limit of Service Bus. */
const MAX_SQL_LENGTH = 1_024;

const OPERATORS: Readonly<Record<ComparisonOperator, string>> = {
  eq: "=",
  ne: "<>",
  gt: ">",
  ge: ">=",
  lt: "<",
  le: "<=",
};
/**
 * Translates a filter on events into a Service Bus SQL filter that takes the same messages as `propertiesPredicate`.
 *
 * The SQL holds no values: each is a parameter. Names stand in brackets. A comparison with a missing property is
 * unknown in SQL, but true or false in OData. Therefore negations are pushed down to the comparisons, and a comparison
 * that null satisfies says so (`[a] <> @p0 OR [a] IS NULL`).
 *
 * @throws AppError `filter-invalid` for a filter that Service Bus cannot have: dates (a rule's parameters have no such
 *   type in the SDK), numbers that a double cannot hold, more than 1,024 characters of SQL
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-filter
 */
export function toServiceBusSql(expression: FilterExpression): ServiceBusSql {
  const parameters: Record<string, string | number | boolean> = {};
  let count = 0;
  const parameter: Parameter = (value) => {
    const name = `@p${count}`;
    count += 1;
    parameters[name] = value;
    return name;
  };
  const sql = predicate(pushNegations(expression), parameter);
  if (sql.length > MAX_SQL_LENGTH) {
    throw refused(`it becomes ${sql.length} characters of SQL, the limit is ${MAX_SQL_LENGTH}`);
  }
  return { sql, parameters };
}

/** Adds a value and returns its placeholder in the SQL. */
type Parameter = (value: string | number | boolean) => string;

function predicate(expression: NegationFree, parameter: Parameter): string {
  if (expression.kind !== "condition") {
    const operands = expression.operands.map((operand) => predicate(operand, parameter));
    return `(${operands.join(expression.kind === "and" ? " AND " : " OR ")})`;
  }
  const { on, negated } = expression;
  switch (on.kind) {
    case "compare":
      return comparison(on, negated, parameter);
    case "in":
      return membership(on, negated, parameter);
    case "text":
      return textMatch(on, negated, parameter);
  }
}

function comparison(
  { name, operator, literal }: Comparison,
  negated: boolean,
  parameter: Parameter,
): string {
  const property = bracketed(name);
  const effective = negated ? INVERSE[operator] : operator;
  if (literal.type === "null") {
    return `${property} IS ${effective === "eq" ? "" : "NOT "}NULL`;
  }
  const compared = `${property} ${OPERATORS[effective]} ${parameter(parameterValue(literal))}`;
  const takesNull = negated ? operator !== "ne" : operator === "ne";
  return takesNull ? `(${compared} OR ${property} IS NULL)` : compared;
}

function membership(
  { name, literals }: Membership,
  negated: boolean,
  parameter: Parameter,
): string {
  const property = bracketed(name);
  const values = literals.filter((literal) => literal.type !== "null");
  const listed = values.length < literals.length;
  const isNull = `${property} IS ${negated && listed ? "NOT " : ""}NULL`;
  if (values.length === 0) {
    return isNull;
  }
  const list = values.map((literal) => parameter(parameterValue(literal))).join(", ");
  const contained = `${property} ${negated ? "NOT " : ""}IN (${list})`;
  if (listed === negated) {
    // Neither "in a list without null" nor "not in a list with null" takes a null.
    return contained;
  }
  return `(${contained} OR ${isNull})`;
}

function textMatch(match: TextMatch, negated: boolean, parameter: Parameter): string {
  const text = match.text.replace(/[\\%_]/g, "\\$&");
  const pattern = {
    startswith: `${text}%`,
    endswith: `%${text}`,
    contains: `%${text}%`,
  }[match.function];
  return `${bracketed(match.name)} ${negated ? "NOT " : ""}LIKE ${parameter(pattern)} ESCAPE '\\'`;
}

function bracketed(name: string): string {
  return `[${name.replaceAll("]", "]]")}]`;
}

function parameterValue(literal: Exclude<Literal, { type: "null" }>): string | number | boolean {
  switch (literal.type) {
    case "string":
    case "boolean":
      return literal.value;
    case "number": {
      const number = Number(literal.value);
      const kept = plainDecimal(String(number));
      if (kept === null || compareDecimals(kept, literal.value) !== 0) {
        throw refused(`it compares with ${literal.value}, which is more than a double can hold`);
      }
      return number;
    }
    default:
      throw refused(
        `it compares with the date ${literal.value}, and a topic's rules know no dates`,
      );
  }
}

function refused(reason: string): AppError {
  return new AppError("filter-invalid", `Cannot make a topic rule of the filter: ${reason}`);
}

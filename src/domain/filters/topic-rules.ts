import { compareDecimals } from "../values/decimal.ts";
import type {
  Comparison,
  ComparisonOperator,
  FilterExpression,
  Literal,
  TextMatch,
} from "./filter-expression.ts";

/**
 * Rules of a Service Bus subscription that take the same events as {@link propertiesPredicate}.
 *
 * The two differ in what they make of null. In SQL a comparison with a missing property is unknown, and so is its
 * negation. So each comparison says itself what it makes of null:
 *
 * | filter | property is missing | predicate | SQL |
 * |---|---|---|---|
 * | `p eq null` | yes | true | `p IS NULL` |
 * | `p ne null` | yes | false | `p IS NOT NULL` |
 * | `p eq v`, `p gt v`, `p ge v`, `p lt v`, `p le v` | yes | false | `(p IS NOT NULL AND p = @v)` |
 * | `p ne v` | yes | true | `(p IS NULL OR p <> @v)` |
 * | `p in (v, w)` | yes | as `p eq v or p eq w` | the same |
 * | `startswith(p, v)`, `endswith`, `contains` | yes | unknown | `p LIKE @v ESCAPE '~'` |
 * | `not x`, `x and y`, `x or y` | | unknown stays unknown | the same |
 *
 * An event passes if the result is true. Numbers are parameters of SQL rules, never members of correlation rules: the
 * broker compares those by their type as well. Texts and times have no order in SQL.
 */
export type TopicRule =
  | { readonly kind: "correlation"; readonly properties: Readonly<Record<string, string>> }
  | {
      readonly kind: "sql";
      readonly expression: string;
      readonly parameters: Readonly<Record<string, string | number>>;
    };

/** The part of a filter that no rule of a topic can express, in words for an operator. */
export class NotForTopics extends Error {}

/** Longest expression of a SQL rule. */
const MAX_SQL_LENGTH = 1_024;

/** Value of the event's property `audience` for live events. A replay has the id of its subscription there. */
export const EVERYBODY = "all";

/**
 * The rules for live events, for exact file types and families such as `Shop.*`. Where a correlation rule says the same
 * it is used, one for each file type; otherwise one SQL rule.
 *
 * @throws NotForTopics
 */
export function topicRules(
  fileTypes: readonly string[],
  filter: FilterExpression | null,
): readonly TopicRule[] {
  const equal = filter === null ? {} : equalTexts(filter);
  const isExact = fileTypes.every((pattern) => !pattern.endsWith(".*"));
  if (equal !== null && isExact && !("blobType" in equal)) {
    return [...new Set(fileTypes)].map((blobType) => ({
      kind: "correlation",
      properties: { audience: EVERYBODY, blobType, ...equal },
    }));
  }
  return [sqlRule(fileTypes, filter)];
}

/** The texts that a filter requires, if it is nothing else; null otherwise. */
function equalTexts(filter: FilterExpression): Record<string, string> | null {
  if (filter.kind === "compare") {
    const { name, operator, literal } = filter;
    const isPlain = operator === "eq" && literal.type === "string" && !(name in SYSTEM_PROPERTIES);
    return isPlain ? { [name]: literal.value } : null;
  }
  if (filter.kind !== "and") {
    return null;
  }
  const merged: Record<string, string> = {};
  for (const operand of filter.operands) {
    const texts = equalTexts(operand);
    if (texts === null || Object.keys(texts).some((name) => Object.hasOwn(merged, name))) {
      return null;
    }
    Object.assign(merged, texts);
  }
  return merged;
}

/** Properties of the event that the message has in a place of its own. */
const SYSTEM_PROPERTIES: Readonly<Record<string, string>> = {
  correlationId: "sys.CorrelationId",
};

interface Sql {
  readonly parameters: Record<string, string | number>;
}

function sqlRule(fileTypes: readonly string[], filter: FilterExpression | null): TopicRule {
  const sql: Sql = { parameters: {} };
  const parts = [`audience = ${parameter(sql, EVERYBODY)}`, fileTypesSql(sql, fileTypes)];
  if (filter !== null) {
    parts.push(`(${expressionSql(sql, filter)})`);
  }
  const expression = parts.join(" AND ");
  if (expression.length > MAX_SQL_LENGTH) {
    throw new NotForTopics(
      `makes a rule of ${expression.length} characters, and a topic takes ${MAX_SQL_LENGTH}; shorten the filter or the list of file types`,
    );
  }
  return { kind: "sql", expression, parameters: sql.parameters };
}

function fileTypesSql(sql: Sql, fileTypes: readonly string[]): string {
  const exact = fileTypes.filter((pattern) => !pattern.endsWith(".*"));
  const families = fileTypes.filter((pattern) => pattern.endsWith(".*"));
  const conditions = families.map(
    // a file type has none of the characters that LIKE reads otherwise
    (family) => `blobType LIKE ${parameter(sql, `${family.slice(0, -1)}%`)}`,
  );
  if (exact.length > 0) {
    const names = exact.map((fileType) => parameter(sql, fileType));
    conditions.unshift(`blobType IN (${names.join(", ")})`);
  }
  return `(${conditions.join(" OR ")})`;
}

function expressionSql(sql: Sql, filter: FilterExpression): string {
  switch (filter.kind) {
    case "compare":
      return comparisonSql(sql, filter);
    case "in":
      return filter.literals
        .map((literal) =>
          comparisonSql(sql, { kind: "compare", name: filter.name, operator: "eq", literal }),
        )
        .join(" OR ");
    case "text":
      return textSql(sql, filter);
    case "not":
      return `NOT (${expressionSql(sql, filter.operand)})`;
    default: {
      const word = filter.kind === "and" ? " AND " : " OR ";
      return filter.operands.map((operand) => `(${expressionSql(sql, operand)})`).join(word);
    }
  }
}

const SQL_OPERATORS: Readonly<Record<ComparisonOperator, string>> = {
  eq: "=",
  ne: "<>",
  gt: ">",
  ge: ">=",
  lt: "<",
  le: "<=",
};

function comparisonSql(sql: Sql, { name, operator, literal }: Comparison): string {
  const property = propertySql(name);
  if (literal.type === "null") {
    return operator === "eq" ? `${property} IS NULL` : `${property} IS NOT NULL`;
  }
  const compared =
    literal.type === "number"
      ? numberSql(sql, { property, operator }, literal.value)
      : `${property} ${SQL_OPERATORS[operator]} ${parameter(sql, textOf(name, operator, literal))}`;
  return operator === "ne"
    ? `(${property} IS NULL OR ${compared})`
    : `(${property} IS NOT NULL AND ${compared})`;
}

/** Largest whole number that a parameter carries without loss. The numbers of files are never larger. */
const LARGEST = String(Number.MAX_SAFE_INTEGER);

/** Files have whole numbers only, so that a fraction can be said by its whole neighbour. */
function numberSql(
  sql: Sql,
  { property, operator }: { property: string; operator: ComparisonOperator },
  literal: string,
): string {
  if (compareDecimals(literal, LARGEST) > 0) {
    return always(operator === "ne" || isLess(operator));
  }
  if (compareDecimals(literal, `-${LARGEST}`) < 0) {
    return always(operator === "ne" || isMore(operator));
  }
  const whole = wholeBelow(literal);
  if (compareDecimals(String(whole), literal) === 0) {
    return `${property} ${SQL_OPERATORS[operator]} ${parameter(sql, whole)}`;
  }
  return operator === "eq" || operator === "ne"
    ? always(operator === "ne")
    : `${property} ${isMore(operator) ? ">" : "<="} ${parameter(sql, whole)}`;
}

const always = (result: boolean): string => (result ? "1 = 1" : "1 = 0");
const isLess = (operator: ComparisonOperator): boolean => operator === "lt" || operator === "le";
const isMore = (operator: ComparisonOperator): boolean => operator === "gt" || operator === "ge";

/** The number itself if it is whole, else the next whole number below it. */
function wholeBelow(literal: string): number {
  const whole = Number(literal.split(".")[0]);
  return literal.startsWith("-") && compareDecimals(String(whole), literal) > 0 ? whole - 1 : whole;
}

function textOf(
  name: string,
  operator: ComparisonOperator,
  literal: Exclude<Literal, { type: "null" | "number" }>,
): string {
  if (literal.type !== "string") {
    throw new NotForTopics(
      `compares "${name}" with a ${literal.type}, which the rules of a topic cannot; use a connector or a webhook, or another filter`,
    );
  }
  if (operator !== "eq" && operator !== "ne") {
    throw new NotForTopics(
      `asks whether "${name}" stands before or after a text, which the rules of a topic cannot; use eq, ne, in or startswith`,
    );
  }
  return literal.value;
}

function textSql(sql: Sql, { function: name, name: property, text }: TextMatch): string {
  const escaped = text.replace(/[%_~]/g, (character) => `~${character}`);
  const [before, after] = { startswith: ["", "%"], endswith: ["%", ""], contains: ["%", "%"] }[
    name
  ] as [string, string];
  const pattern = parameter(sql, `${before}${escaped}${after}`);
  return `${propertySql(property)} LIKE ${pattern} ESCAPE '~'`;
}

function propertySql(name: string): string {
  return SYSTEM_PROPERTIES[name] ?? `[${name}]`;
}

/** A parameter with this value: the one that has it already, or a new one. */
function parameter(sql: Sql, value: string | number): string {
  const known = Object.entries(sql.parameters).find(([, other]) => other === value);
  if (known !== undefined) {
    return known[0];
  }
  const name = `@p${Object.keys(sql.parameters).length}`;
  sql.parameters[name] = value;
  return name;
}

import { AppError } from "../errors.ts";
import type {
  ComparisonOperator,
  FilterExpression,
  Literal,
  TextMatch,
} from "./filter-expression.ts";
import { INVERSE, type NegationFree, pushNegations } from "./push-negations.ts";

/** Limit of Table Storage for one query. */
const MAX_COMPARISONS = 15;
const PROPERTY_NAME_REGEXP = /^[\p{L}_][\p{L}\p{N}_]{0,254}$/u;

/**
 * Translates a filter on lists into the OData text of an Azure Table query, with typed literals.
 *
 * In Table Storage no comparison takes a row without the property, not even `ne`. Negations are pushed down to the
 * comparisons, so that this holds under `not` too. `startswith` becomes a range.
 *
 * @param int64Properties names of the properties that are stored as Edm.Int64. The type of a literal must fit the
 *   property's: other whole numbers are Edm.Int32 if they fit.
 * @throws AppError `filter-invalid` for a filter that tables cannot have: `endswith`, `contains`, null, wall-clock
 *   times, more than seven digits of a second, integers beyond 64 bits, more than 15 comparisons
 * @see https://learn.microsoft.com/rest/api/storageservices/querying-tables-and-entities
 */
export function toTableQuery(
  expression: FilterExpression,
  int64Properties: ReadonlySet<string> = new Set(),
): string {
  let comparisons = 0;
  const compare: Compare = (name, operator, literal) => {
    comparisons += 1;
    if (comparisons > MAX_COMPARISONS) {
      throw refused(`it needs more than ${MAX_COMPARISONS} comparisons`);
    }
    return `${propertyName(name)} ${operator} ${typedLiteral(literal, int64Properties.has(name))}`;
  };
  return predicate(pushNegations(expression), compare);
}

type Compare = (name: string, operator: ComparisonOperator, literal: Literal) => string;

function predicate(expression: NegationFree, compare: Compare): string {
  if (expression.kind !== "condition") {
    const operands = expression.operands.map((operand) => predicate(operand, compare));
    return joined(operands, expression.kind);
  }
  const { on, negated } = expression;
  switch (on.kind) {
    case "compare":
      return compare(on.name, negated ? INVERSE[on.operator] : on.operator, on.literal);
    case "in": {
      const operator = negated ? "ne" : "eq";
      const comparisons = on.literals.map((literal) => compare(on.name, operator, literal));
      return joined(comparisons, negated ? "and" : "or");
    }
    case "text": {
      const [from, to] = rangeOf(on);
      const bounds = negated
        ? [compare(on.name, "lt", from), compare(on.name, "ge", to)]
        : [compare(on.name, "ge", from), compare(on.name, "lt", to)];
      return joined(bounds, negated ? "or" : "and");
    }
  }
}

function joined(parts: readonly string[], word: "and" | "or"): string {
  return parts.length === 1 ? (parts[0] ?? "") : `(${parts.join(` ${word} `)})`;
}

/**
 * All texts that start with a prefix: from the prefix up to, and without, the prefix whose last character is one
 * higher.
 */
function rangeOf(match: TextMatch): readonly [Literal, Literal] {
  if (match.function !== "startswith") {
    throw refused(`tables have no ${match.function}`);
  }
  const prefix = match.text;
  const last = prefix.charCodeAt(prefix.length - 1);
  // One higher must still be a character: neither a surrogate nor beyond the last character. An empty text has no last
  // character.
  if (Number.isNaN(last) || last >= 0xd7ff) {
    throw refused(
      "tables have no startswith for a text that is empty or ends in a character beyond U+D7FE",
    );
  }
  const next = prefix.slice(0, -1) + String.fromCharCode(last + 1);
  return [
    { type: "string", value: prefix },
    { type: "string", value: next },
  ];
}

function propertyName(name: string): string {
  if (!PROPERTY_NAME_REGEXP.test(name)) {
    throw refused(`"${name}" is not a name of a property in a table`);
  }
  return name;
}

function typedLiteral(literal: Literal, isInt64: boolean): string {
  switch (literal.type) {
    case "string":
      return `'${literal.value.replaceAll("'", "''")}'`;
    case "boolean":
      return String(literal.value);
    case "number":
      return literal.value.includes(".") ? literal.value : wholeNumber(literal.value, isInt64);
    case "date":
      return `datetime'${literal.value}T00:00:00Z'`;
    case "datetime": {
      if (/\.[0-9]{8}/.test(literal.value)) {
        throw refused(`${literal.value} has more than seven digits of a second`);
      }
      return `datetime'${literal.value}'`;
    }
    case "local-datetime":
      throw refused(`${literal.value} has no zone, such as Z`);
    case "null":
      throw refused("tables have no null");
  }
}

function wholeNumber(text: string, isInt64: boolean): string {
  const value = BigInt(text);
  if (value !== BigInt.asIntN(64, value)) {
    throw refused(`${text} does not fit into 64 bits`);
  }
  return isInt64 || value !== BigInt.asIntN(32, value) ? `${text}L` : text;
}

function refused(reason: string): AppError {
  return new AppError("filter-invalid", `Cannot query a table by the filter: ${reason}`);
}

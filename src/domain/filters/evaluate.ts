import type {
  ComparisonOperator,
  FilterExpression,
  Literal,
  TextFunction,
} from "./filter-expression.ts";

/** A condition on `Subject`. Null stands for "unknown", for which a filter does not take the subject. */
export type Condition<Subject> = (subject: Subject) => boolean | null;

/** Compilers for the parts of a filter that look at a value, for one kind of subject. */
export interface ValueConditions<Subject> {
  compare(name: string, operator: ComparisonOperator, literal: Literal): Condition<Subject>;
  text(name: string, matches: (text: string) => boolean): Condition<Subject>;
}

/** Compiles a filter once, for use on many subjects; see {@link FilterExpression} for the null rules. */
export function compileFilter<Subject>(
  expression: FilterExpression,
  values: ValueConditions<Subject>,
): Condition<Subject> {
  switch (expression.kind) {
    case "compare":
      return values.compare(expression.name, expression.operator, expression.literal);
    case "in":
      return either(
        expression.literals.map((literal) => values.compare(expression.name, "eq", literal)),
        true,
      );
    case "text":
      return values.text(expression.name, textTest(expression.function, expression.text));
    case "not": {
      const operand = compileFilter(expression.operand, values);
      return (subject) => {
        const result = operand(subject);
        return result === null ? null : !result;
      };
    }
    default:
      return either(
        expression.operands.map((operand) => compileFilter(operand, values)),
        expression.kind === "or",
      );
  }
}

/** `or` ends at the first true, `and` at the first false. Otherwise the result is unknown if any operand was. */
function either<Subject>(
  operands: readonly Condition<Subject>[],
  decisive: boolean,
): Condition<Subject> {
  return (subject) => {
    let result: boolean | null = !decisive;
    for (const operand of operands) {
      const value = operand(subject);
      if (value === decisive) {
        return decisive;
      }
      result = value === null ? null : result;
    }
    return result;
  };
}

function textTest(name: TextFunction, part: string): (text: string) => boolean {
  switch (name) {
    case "startswith":
      return (text) => text.startsWith(part);
    case "endswith":
      return (text) => text.endsWith(part);
    case "contains":
      return (text) => text.includes(part);
  }
}

/**
 * The result of each operator for the order of two values.
 *
 * @param order negative, 0 or positive as the value is below, at or above the literal; NaN without an order, as for a
 *   NaN
 */
export const ORDER_TESTS: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
};

/** Texts are ordered by their UTF-16 code units, not by the rules of a language. */
export function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

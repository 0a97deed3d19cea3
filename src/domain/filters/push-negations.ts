import type {
  Comparison,
  ComparisonOperator,
  FilterExpression,
  Membership,
  TextMatch,
} from "./filter-expression.ts";

/** A filter without `not`: each condition on a value has its own negation. */
export type NegationFree =
  | { readonly kind: "and" | "or"; readonly operands: readonly NegationFree[] }
  | {
      readonly kind: "condition";
      readonly negated: boolean;
      readonly on: Comparison | Membership | TextMatch;
    };

/**
 * Moves every `not` down to the conditions on values (`not (a and b)` becomes `not a or not b`), for query languages
 * whose own `not` treats missing values differently.
 */
export function pushNegations(expression: FilterExpression, negated = false): NegationFree {
  switch (expression.kind) {
    case "not":
      return pushNegations(expression.operand, !negated);
    case "and":
    case "or":
      return {
        kind: (expression.kind === "and") === negated ? "or" : "and",
        operands: expression.operands.map((operand) => pushNegations(operand, negated)),
      };
    default:
      return { kind: "condition", negated, on: expression };
  }
}

/** The operator that takes exactly the values that the other one refuses, except null. */
export const INVERSE: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  eq: "ne",
  ne: "eq",
  gt: "le",
  ge: "lt",
  lt: "ge",
  le: "gt",
};

/**
 * A parsed filter. Comparisons always have a name on the left and literals on the right.
 *
 * A name stands for a column of a row or a property of an event. A missing value is null. Null follows OData:
 *
 * - `eq` and `ne` know null: null equals only null;
 * - `gt ge lt le` are false when the value is null;
 * - `startswith endswith contains` of a null are null;
 * - `not` of null is null; `and` and `or` treat null as "unknown"; a filter takes a subject for which it is true.
 *
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html section 5.1.1.1
 */
export type FilterExpression =
  | Comparison
  | Membership
  | TextMatch
  | { readonly kind: "and" | "or"; readonly operands: readonly FilterExpression[] }
  | { readonly kind: "not"; readonly operand: FilterExpression };

export interface Comparison {
  readonly kind: "compare";
  readonly name: string;
  readonly operator: ComparisonOperator;
  readonly literal: Literal;
}

export interface Membership {
  readonly kind: "in";
  readonly name: string;
  /** At least one. */
  readonly literals: readonly Literal[];
}

export interface TextMatch {
  readonly kind: "text";
  readonly function: TextFunction;
  readonly name: string;
  readonly text: string;
}

export const COMPARISON_OPERATORS = ["eq", "ne", "gt", "ge", "lt", "le"] as const;
export type ComparisonOperator = (typeof COMPARISON_OPERATORS)[number];

export const TEXT_FUNCTIONS = ["startswith", "endswith", "contains"] as const;
export type TextFunction = (typeof TEXT_FUNCTIONS)[number];

/** Values are canonical text as in formats/rows.ts, so that no digit is lost; numbers never have an exponent. */
export type Literal =
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "number"; readonly value: string }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "date"; readonly value: string }
  /** An instant in UTC. */
  | { readonly type: "datetime"; readonly value: string }
  /** A wall-clock time. OData has no literal for it; here it is an instant without a zone. */
  | { readonly type: "local-datetime"; readonly value: string }
  | { readonly type: "null" };

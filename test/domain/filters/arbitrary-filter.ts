import fc from "fast-check";
import {
  COMPARISON_OPERATORS,
  type FilterExpression,
  type Literal,
  TEXT_FUNCTIONS,
} from "../../../src/domain/filters/filter-expression.ts";

/** Names, some of which need quotes. */
const names = [
  "a",
  "b_2",
  "größe",
  "not",
  "eq",
  "null",
  "Order Date",
  'say "x"',
  "a.b",
  "__proto__",
] as const;

const text = fc.oneof(
  fc.constantFrom("", "x", "it's", "100%", "a_b", "\\", "NULL"),
  fc.string({ unit: "grapheme" }),
);
const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.option(fc.nat(), { nil: null }))
  .map(([whole, fraction]) => (fraction === null ? `${whole}` : `${whole}.${fraction}`));
const instant = fc
  .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString());

const stringLiteral: fc.Arbitrary<Literal> = text.map((value) => ({
  type: "string",
  value,
}));
const numberLiteral: fc.Arbitrary<Literal> = decimal.map((value) => ({
  type: "number",
  value,
}));
const dateLiteral: fc.Arbitrary<Literal> = fc.oneof(
  instant.map((value): Literal => ({ type: "datetime", value })),
  instant.map((value): Literal => ({ type: "date", value: value.slice(0, 10) })),
  instant.map((value): Literal => ({ type: "local-datetime", value: value.slice(0, -1) })),
);
const booleanLiteral: fc.Arbitrary<Literal> = fc
  .boolean()
  .map((value): Literal => ({ type: "boolean", value }));

const ordered = fc.oneof(stringLiteral, numberLiteral, dateLiteral);
const any = fc.oneof(ordered, booleanLiteral, fc.constant<Literal>({ type: "null" }));

/** Conditions on values, as the parser can give them. */
export const conditions: fc.Arbitrary<FilterExpression> = conditionsOf({
  name: fc.constantFrom(...names),
  ordered,
  any,
});

export function conditionsOf(values: {
  readonly name: fc.Arbitrary<string>;
  readonly ordered: fc.Arbitrary<Literal>;
  readonly any: fc.Arbitrary<Literal>;
}): fc.Arbitrary<FilterExpression> {
  const { name } = values;
  return fc.oneof(
    fc.record({
      kind: fc.constant("compare" as const),
      name,
      operator: fc.constantFrom(...COMPARISON_OPERATORS),
      literal: values.ordered,
    }),
    fc.record({
      kind: fc.constant("compare" as const),
      name,
      operator: fc.constantFrom("eq" as const, "ne" as const),
      literal: values.any,
    }),
    fc.record({
      kind: fc.constant("in" as const),
      name,
      literals: fc.array(values.any, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant("text" as const),
      function: fc.constantFrom(...TEXT_FUNCTIONS),
      name,
      text,
    }),
  );
}

/** Whole filters of conditions like these, a few levels deep. */
export function filtersOf(
  condition: fc.Arbitrary<FilterExpression>,
): fc.Arbitrary<FilterExpression> {
  const { filter } = fc.letrec<{ filter: FilterExpression }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      condition,
      fc.record({ kind: fc.constant("not" as const), operand: tie("filter") }),
      fc.record({
        kind: fc.constantFrom("and" as const, "or" as const),
        operands: fc.array(tie("filter"), { minLength: 2, maxLength: 3 }),
      }),
    ),
  }));
  return filter;
}

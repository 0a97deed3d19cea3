import fc from "fast-check";
import { compileFilter } from "service-bus-emulator/filter";
import type { AmqpValue } from "service-bus-emulator/types";
import { describe, expect, test } from "vitest";
import type { FilterExpression, Literal } from "../../../src/domain/filters/filter-expression.ts";
import { parseFilter } from "../../../src/domain/filters/parse-filter.ts";
import {
  type Properties,
  propertiesPredicate,
} from "../../../src/domain/filters/properties-predicate.ts";
import { toServiceBusSql } from "../../../src/domain/filters/service-bus-sql.ts";
import { conditionsOf, filtersOf } from "./arbitrary-filter.ts";

describe("toServiceBusSql", () => {
  test.each([
    ["a eq 'x'", "[a] = @p0", { "@p0": "x" }],
    ["a ne 'x'", "([a] <> @p0 OR [a] IS NULL)", { "@p0": "x" }],
    ["a gt 1.5", "[a] > @p0", { "@p0": 1.5 }],
    ["not (a gt 1)", "([a] <= @p0 OR [a] IS NULL)", { "@p0": 1 }],
    ["not (a ne 1)", "[a] = @p0", { "@p0": 1 }],
    ["a eq true", "[a] = @p0", { "@p0": true }],
    ["a eq null", "[a] IS NULL", {}],
    ["a ne null", "[a] IS NOT NULL", {}],
    ["not (a ne null)", "[a] IS NULL", {}],
    ["a in (1,2)", "[a] IN (@p0, @p1)", { "@p0": 1, "@p1": 2 }],
    ["a in (1,null)", "([a] IN (@p0) OR [a] IS NULL)", { "@p0": 1 }],
    ["not (a in (1,2))", "([a] NOT IN (@p0, @p1) OR [a] IS NULL)", { "@p0": 1, "@p1": 2 }],
    ["not (a in (1,null))", "[a] NOT IN (@p0)", { "@p0": 1 }],
    ["a in (null)", "[a] IS NULL", {}],
    ["not (a in (null))", "[a] IS NOT NULL", {}],
    ["startswith(a,'5%_\\')", "[a] LIKE @p0 ESCAPE '\\'", { "@p0": "5\\%\\_\\\\%" }],
    ["not endswith(a,'x')", "[a] NOT LIKE @p0 ESCAPE '\\'", { "@p0": "%x" }],
    ["contains(a,'x')", "[a] LIKE @p0 ESCAPE '\\'", { "@p0": "%x%" }],
    [
      "a eq 1 and (b eq 2 or c eq 3)",
      "([a] = @p0 AND ([b] = @p1 OR [c] = @p2))",
      { "@p0": 1, "@p1": 2, "@p2": 3 },
    ],
    ["not (a eq null and b eq null)", "([a] IS NOT NULL OR [b] IS NOT NULL)", {}],
  ])("translates %s", (filter, sql, parameters) => {
    expect(toServiceBusSql(parseFilter(filter))).toEqual({ sql, parameters });
  });

  test("keeps values and names that look like SQL what they are", () => {
    const { sql, parameters } = toServiceBusSql(parseFilter("\"a] = 1 OR [b\" eq '1'' OR 1=1 --'"));

    expect(sql).toBe("[a]] = 1 OR [b] = @p0");
    expect(parameters).toEqual({ "@p0": "1' OR 1=1 --" });
  });

  test.each([
    ["a gt 2024-02-29", "a topic's rules know no dates"],
    ["a eq 9007199254740993", "more than a double can hold"],
    ["a eq 1e309", "more than a double can hold"],
    ["a eq 0.10000000000000000001", "more than a double can hold"],
    [`a in (${"1,".repeat(300)}1)`, "the limit is 1024"],
  ])("refuses %s", (filter, message) => {
    expect(() => toServiceBusSql(parseFilter(filter))).toThrow(message);
  });
});

const names = ["a", "odd ] name", "not"] as const;
const words = fc.constantFrom("", "x", "ab", "a%b", "a_b", "\\", "it's");
const numbers = fc.integer({ min: -3, max: 3 });
const value = fc.oneof(words, numbers, fc.boolean(), fc.constant(null));
const literal = fc.oneof(
  words.map((text): Literal => ({ type: "string", value: text })),
  numbers.map((number): Literal => ({ type: "number", value: String(number) })),
);
const filters = filtersOf(
  conditionsOf({
    name: fc.constantFrom(...names),
    ordered: literal,
    any: fc.oneof(literal, fc.constant<Literal>({ type: "null" })),
  }),
);

/** A JavaScript value in the form of the SDK and a broker. */
function amqp(from: string | number | boolean): AmqpValue {
  switch (typeof from) {
    case "string":
      return { type: "string", value: from };
    case "number":
      return { type: "double", value: from };
    default:
      return { type: "boolean", value: from };
  }
}

/** Names whose value has the type that every literal compared with it has; others mean nothing in SQL. */
function wellTyped(expression: FilterExpression, properties: Properties): boolean {
  switch (expression.kind) {
    case "and":
    case "or":
      return expression.operands.every((operand) => wellTyped(operand, properties));
    case "not":
      return wellTyped(expression.operand, properties);
    default: {
      const found = properties[expression.name] ?? null;
      const literals =
        expression.kind === "in"
          ? expression.literals
          : expression.kind === "compare"
            ? [expression.literal]
            : [{ type: "string" }];
      return (
        found === null || literals.every(({ type }) => type === "null" || type === typeof found)
      );
    }
  }
}

test("toServiceBusSql takes the same messages as propertiesPredicate, by the local broker's rules", () => {
  const properties = fc.record({ a: value, "odd ] name": value, not: value }, { requiredKeys: [] });
  fc.assert(
    fc.property(filters, properties, (expression, event: Properties) => {
      fc.pre(wellTyped(expression, event));
      const { sql, parameters } = toServiceBusSql(expression);
      const takes = compileFilter({
        kind: "sql",
        expression: sql,
        parameters: new Map(Object.entries(parameters).map(([key, from]) => [key, amqp(from)])),
      });
      const applicationProperties = new Map(
        Object.entries(event).flatMap(([key, from]) =>
          from === null ? [] : [[key, amqp(from)] as const],
        ),
      );

      expect(
        takes({
          system: {},
          applicationProperties,
          enqueuedAt: new Date(0),
          sequenceNumber: 1,
          timeToLiveMs: null,
          expiresAt: null,
          scheduledEnqueueAt: null,
          partitionKey: null,
          viaPartitionKey: null,
          enqueuedSequenceNumber: null,
          deadLetterSource: null,
          sizeBytes: 0,
          durable: false,
        }),
      ).toBe(propertiesPredicate(expression)(event));
    }),
    { numRuns: 1_000 },
  );
});

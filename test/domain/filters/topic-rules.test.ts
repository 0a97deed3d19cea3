import fc from "fast-check";
import { expect, test } from "vitest";
import { matcherOf } from "../../../src/domain/deliveries/subscription.ts";
import { parseFilter } from "../../../src/domain/filters/parse-filter.ts";
import {
  NotForTopics,
  type TopicRule,
  topicRules,
} from "../../../src/domain/filters/topic-rules.ts";
import { fileAvailableMessage } from "../../../src/domain/ledger/announce-entries.ts";
import { takes } from "../../support/memory-topic.ts";
import { entries, topicFilters } from "./arbitrary-topic-filter.ts";
import { printFilter } from "./print-filter.ts";

const SHOP = ["Shop.Items", "Shop.Prices"];

/** Null for a filter that is too long for a topic. */
function rulesIfShort(fileTypes: readonly string[], filter: string): readonly TopicRule[] | null {
  try {
    return topicRules(fileTypes, parseFilter(filter));
  } catch (error) {
    if (error instanceof NotForTopics && error.message.startsWith("makes a rule of")) {
      return null;
    }
    throw error;
  }
}

test("topicRules take the events that the predicate takes: any filter, any event", () => {
  fc.assert(
    fc.property(topicFilters, fc.array(entries, { minLength: 1 }), (expression, files) => {
      const filter = printFilter(expression);
      for (const fileTypes of [SHOP, ["Shop.*"], ["Shop.Items", "Other.*"]]) {
        const rules = rulesIfShort(fileTypes, filter);
        fc.pre(rules !== null);
        const wants = matcherOf({ enabled: true, fileTypes, filter });
        for (const entry of files) {
          expect([filter, fileTypes, takes(rules, fileAvailableMessage(entry))]).toEqual([
            filter,
            fileTypes,
            wants(entry),
          ]);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

test.each<[string | null, readonly string[], string[]]>([
  [null, SHOP, ["correlation", "correlation"]],
  [null, ["Shop.*"], ["sql"]],
  ["entity eq 'Items'", ["Shop.Items"], ["correlation"]],
  ["entity eq 'Items' and mode eq 'full'", ["Shop.Items"], ["correlation"]],
  ["entity eq 'Items' and entity eq 'Prices'", ["Shop.Items"], ["sql"]],
  ["correlationId eq 'x'", ["Shop.Items"], ["sql"]],
  ["records eq 5", ["Shop.Items"], ["sql"]],
  ["blobType eq 'Shop.Items'", SHOP, ["sql"]],
])(
  "topicRules of %s for %j: a correlation rule wherever it says the same",
  (filter, fileTypes, kinds) => {
    const rules = topicRules(fileTypes, filter === null ? null : parseFilter(filter));

    expect(rules.map(({ kind }) => kind)).toEqual(kinds);
  },
);

test.each([
  ["from ge 2026-01-01", "a date, which the rules of a topic cannot"],
  ["to eq 2026-01-01T00:00:00Z", "a datetime"],
  ["entity gt 'A'", "before or after a text"],
  [`entity in ('${"a','".repeat(200)}b')`, "makes a rule of"],
])("topicRules refuses %s with the reason", (filter, reason) => {
  expect(() => topicRules(SHOP, parseFilter(filter))).toThrow(reason);
});

test("topicRules keep user text out of the expression", () => {
  const [rule] = topicRules(
    ["Shop.*"],
    parseFilter("entity eq 'x'' OR 1=1 --' or contains(entity, '%')"),
  );

  expect(rule).toEqual({
    kind: "sql",
    expression:
      "audience = @p0 AND (blobType LIKE @p1) AND ((([entity] IS NOT NULL AND [entity] = @p2)) OR ([entity] LIKE @p3 ESCAPE '~'))",
    parameters: { "@p0": "all", "@p1": "Shop.%", "@p2": "x' OR 1=1 --", "@p3": "%~%%" },
  });
});

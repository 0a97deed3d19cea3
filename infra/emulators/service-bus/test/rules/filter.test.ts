import { describe, expect, test } from "vitest";
import type { AmqpValue, FilterableMessage, RuleFilter } from "../../src/broker/types.ts";
import { compileFilter } from "../../src/rules/filter.ts";
import {
  aMessage,
  boolean,
  double,
  int,
  long,
  nothing,
  string,
  timestamp,
} from "./filterable-message.ts";

function correlation(
  system: FilterableMessage["system"],
  applicationProperties: Readonly<Record<string, AmqpValue>> = {},
): RuleFilter {
  return {
    kind: "correlation",
    system,
    applicationProperties: new Map(Object.entries(applicationProperties)),
  };
}

const everySystemProperty = {
  contentType: "text/csv",
  correlationId: "c",
  subject: "s",
  messageId: "m",
  replyTo: "r",
  replyToSessionId: "rs",
  sessionId: "ss",
  to: "t",
};

describe("compileFilter, correlation", () => {
  test("takes a message whose eight system properties are all as named", () => {
    const takes = compileFilter(correlation(everySystemProperty));

    expect(takes(aMessage({}, { system: everySystemProperty }))).toBe(true);
  });

  test.each(Object.keys(everySystemProperty))("leaves a message whose %s differs", (name) => {
    const takes = compileFilter(correlation(everySystemProperty));
    const system = { ...everySystemProperty, [name]: "X" };

    expect(takes(aMessage({}, { system }))).toBe(false);
  });
});

describe("compileFilter, correlation of application properties", () => {
  test.each([
    [true, int(5), double(5)],
    [true, long(5n), int(5)],
    [true, double(5), long(5n)],
    [false, int(5), double(5.5)],
    [false, int(5), string("5")],
    [false, string("5"), int(5)],
    [true, string("Red"), string("Red")],
    [false, string("red"), string("Red")],
    [true, boolean(false), boolean(false)],
    [false, boolean(true), boolean(false)],
    [false, boolean(true), string("True")],
    [true, timestamp("2026-01-01T00:00:00Z"), timestamp("2026-01-01T00:00:00Z")],
    [false, timestamp("2026-01-01T00:00:00Z"), timestamp("2026-01-01T00:00:01Z")],
    [false, nothing, nothing],
  ])("says %s of a property, row %#", (expected, found, wanted) => {
    const takes = compileFilter(correlation({}, { key: wanted }));

    expect(takes(aMessage({ key: found }))).toBe(expected);
  });

  test("wants every named property, and looks at no other", () => {
    const takes = compileFilter(correlation({ subject: "s" }, { a: int(1), b: int(2) }));
    const system = { subject: "s" };

    expect(takes(aMessage({ a: int(1), b: int(2), c: int(3) }, { system }))).toBe(true);
    expect(takes(aMessage({ a: int(1) }, { system }))).toBe(false);
    expect(takes(aMessage({ a: int(1), b: int(2) }))).toBe(false);
  });

  test("finds a property whatever the case of its name", () => {
    const takes = compileFilter(correlation({}, { Color: string("red") }));

    expect(takes(aMessage({ color: string("red") }))).toBe(true);
  });

  test("takes every message when it names nothing", () => {
    expect(compileFilter(correlation({}))(aMessage())).toBe(true);
  });
});

describe("compileFilter", () => {
  test("takes all under the true filter and none under the false filter", () => {
    expect(compileFilter({ kind: "true" })(aMessage())).toBe(true);
    expect(compileFilter({ kind: "false" })(aMessage())).toBe(false);
  });

  test.each([
    [true, "color = @wanted"],
    [false, "color <> @wanted"],
    [false, "missing = @wanted"],
    [false, "NOT missing = @wanted"],
  ])("says %s for SQL %s: unknown takes no message", (expected, expression) => {
    const parameters = new Map([["@wanted", string("red")]]);
    const takes = compileFilter({ kind: "sql", expression, parameters });

    expect(takes(aMessage({ color: string("red") }))).toBe(expected);
  });

  test("refuses broken SQL at once", () => {
    const filter: RuleFilter = { kind: "sql", expression: "color = ", parameters: new Map() };

    expect(() => compileFilter(filter)).toThrow("character 9");
  });
});

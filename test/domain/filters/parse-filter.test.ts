import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAppError } from "../../../src/domain/errors.ts";
import { MAX_FILTER_DEPTH, parseFilter } from "../../../src/domain/filters/parse-filter.ts";
import { conditions, filtersOf } from "./arbitrary-filter.ts";
import { printFilter } from "./print-filter.ts";

const aIs1 = {
  kind: "compare",
  name: "a",
  operator: "eq",
  literal: { type: "number", value: "1" },
};
const b = { kind: "compare", name: "b", operator: "eq", literal: { type: "boolean", value: true } };
const c = { kind: "compare", name: "c", operator: "ne", literal: { type: "null" } };

describe("parseFilter", () => {
  test.each([
    ["a eq 1", aIs1],
    ["  a\teq\r\n1 ", aIs1],
    ["(a eq 1)", aIs1],
    ["a eq 1 and b eq true", { kind: "and", operands: [aIs1, b] }],
    [
      "a eq 1 or b eq true and c ne null",
      { kind: "or", operands: [aIs1, { kind: "and", operands: [b, c] }] },
    ],
    [
      "(a eq 1 or b eq true) and c ne null",
      { kind: "and", operands: [{ kind: "or", operands: [aIs1, b] }, c] },
    ],
    ["not (a eq 1)", { kind: "not", operand: aIs1 }],
    ["not not (a eq 1)", { kind: "not", operand: { kind: "not", operand: aIs1 } }],
    ["not (a eq 1) and b eq true", { kind: "and", operands: [{ kind: "not", operand: aIs1 }, b] }],
    [
      "not contains(a,'x')",
      { kind: "not", operand: { kind: "text", function: "contains", name: "a", text: "x" } },
    ],
    [
      "startswith( a , 'it''s' )",
      { kind: "text", function: "startswith", name: "a", text: "it's" },
    ],
    [
      "a in (1,'x',null)",
      {
        kind: "in",
        name: "a",
        literals: [
          { type: "number", value: "1" },
          { type: "string", value: "x" },
          { type: "null" },
        ],
      },
    ],
    ['"Order ""Date""" eq 1', { ...aIs1, name: 'Order "Date"' }],
    ['"null" eq 1', { ...aIs1, name: "null" }],
    ["größe eq 1", { ...aIs1, name: "größe" }],
    ["eqx eq 1", { ...aIs1, name: "eqx" }],
  ])("reads %s", (text, expression) => {
    expect(parseFilter(text)).toEqual(expression);
  });
});

describe("parseFilter literals", () => {
  test.each([
    ["'it''s'", { type: "string", value: "it's" }],
    ["''", { type: "string", value: "" }],
    ["'a\nb 😀'", { type: "string", value: "a\nb 😀" }],
    ["-007.50", { type: "number", value: "-7.50" }],
    ["1.5e3", { type: "number", value: "1500" }],
    ["12345678901234567890123456789", { type: "number", value: "12345678901234567890123456789" }],
    ["true", { type: "boolean", value: true }],
    ["2024-02-29", { type: "date", value: "2024-02-29" }],
    ["2024-02-29T08:30Z", { type: "datetime", value: "2024-02-29T08:30:00Z" }],
    ["2024-02-29T08:30:00.5+01:00", { type: "datetime", value: "2024-02-29T07:30:00.5Z" }],
    ["2024-02-29T08:30:00", { type: "local-datetime", value: "2024-02-29T08:30:00" }],
  ])("reads %s", (text, literal) => {
    expect(parseFilter(`a eq ${text}`)).toMatchObject({ literal });
  });
});

describe("parseFilter refuses", () => {
  test.each([
    ["", "at character 1: expected a name, found the end"],
    ["a", "at character 2: expected eq, ne, gt, ge, lt, le or in, found the end"],
    ["a eq", "at character 5: expected a value, found the end"],
    ["a eq b", 'at character 6: expected a value, found "b"'],
    ["a = 1", 'at character 3: "=" is not expected'],
    ["a eq 1 b", 'at character 8: expected "and", "or" or the end, found "b"'],
    ["a eq 1)", 'expected "and", "or" or the end, found ")"'],
    ["(a eq 1", 'at character 8: expected ")", found the end'],
    ["a eq 'x", "at character 6: ' opens a text that is empty or never closed"],
    ['"" eq 1', 'at character 1: " opens a text that is empty or never closed'],
    ["1 eq a", 'at character 1: expected a name, found "1"'],
    ["eq eq 1", 'at character 1: expected a name, found "eq"'],
    ["a eq 2024-02-30", "at character 6: 2024-02-30 is neither a number nor a date"],
    ["a eq 1e401", "1e401 is neither a number"],
    ["a eq 1and b eq 2", "1and is neither a number"],
    ["not a eq 1", 'at character 5: expected "(" after "not", found "a"; write not (a eq 1)'],
    ["a gt null", "at character 6: gt cannot compare with null"],
    ["a le true", "at character 6: le cannot compare with true"],
    ["a in ()", 'at character 7: expected a value, found ")"'],
    ["a in (1,)", "expected a value"],
    ["a in 1", 'expected "(", found "1"'],
    ["contains(a,1)", "at character 12: expected a text in single quotes for contains"],
    ["contains('x',a)", "expected a name"],
    ["a eq 1 and", "expected a name, found the end"],
    ["A EQ 1", 'found "EQ"'],
    ["a eq \uD83D", "is not expected"],
    ["matches(a,'^x')", "expected eq, ne"],
  ])("%j", (text, message) => {
    expect(() => parseFilter(text)).toThrow(message);
  });
});

test("parseFilter bounds the length", () => {
  expect(parseFilter(`a eq ${" ".repeat(1_994)}1`)).toEqual(aIs1);
  expect(() => parseFilter(`a eq ${" ".repeat(1_995)}1`)).toThrow("more than 2000 characters");
});

test("parseFilter bounds the depth of parentheses and of not", () => {
  const nested = (depth: number): string => `${"(".repeat(depth)}a eq 1${")".repeat(depth)}`;

  expect(parseFilter(nested(MAX_FILTER_DEPTH))).toEqual(aIs1);
  expect(() => parseFilter(nested(MAX_FILTER_DEPTH + 1))).toThrow("nested deeper than 32 levels");
  expect(() => parseFilter(`${"not ".repeat(400)}(a eq 1)`)).toThrow(
    "nested deeper than 32 levels",
  );
});

test("parseFilter reads what printFilter writes, for any filter", () => {
  fc.assert(
    fc.property(filtersOf(conditions), (expression) => {
      const text = printFilter(expression);
      fc.pre(text.length <= 2_000);

      expect(parseFilter(text)).toEqual(expression);
    }),
  );
});

const pieces = fc.constantFrom(
  ..."( ) , ' \" '' a b_2 eq ne gt in and or not null true startswith contains 'x' \"x\" 1 -1.5e3 2024-02-29T08:30Z 😀 \uD83D \u0000 -".split(
    " ",
  ),
);
const almostFilters = fc
  .array(fc.oneof(pieces, fc.string({ unit: "binary" })), { maxLength: 30 })
  .chain((parts) => fc.constantFrom(parts.join(" "), parts.join("")));

test("parseFilter throws nothing but filter-invalid, whatever the text", () => {
  fc.assert(
    fc.property(almostFilters, (text) => {
      try {
        parseFilter(text);
      } catch (error) {
        expect(isAppError(error, "filter-invalid")).toBe(true);
      }
    }),
    { numRuns: 2_000 },
  );
});

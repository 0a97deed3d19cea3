import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BrokerError } from "../../src/broker/errors.ts";
import { decide } from "../../src/rules/sql-evaluation.ts";
import { parseAction, parseFilter } from "../../src/rules/sql-parser.ts";
import { SqlSyntaxError } from "../../src/rules/sql-token.ts";
import { aMessage, double } from "./filterable-message.ts";

function errorOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

const broken: readonly (readonly [position: number, reason: string, sql: string])[] = [
  [1, "a value or property is expected, not the end", ""],
  [1, "a condition is expected, not a value", "color"],
  [1, "a condition is expected, not a value", "TRUE"],
  [9, "a condition is expected, not a value", "a=1 AND b"],
  [5, "a condition is expected, not a value", "NOT b"],
  [1, "a value is expected, not a condition", "(a = 1) + 1 = 2"],
  [1, "a value is expected, not a condition", "(a = 1) = TRUE"],
  [5, "a value is expected, not a condition", "a = (b = 1)"],
  [10, "a value or property is expected, not the end", "a=1 AND  "],
  [5, "nothing more is expected, but there is b", "a=1 b=2"],
  [4, "nothing more is expected, but there is )", "a=1)"],
  [5, ") is expected, not the end", "(a=1"],
  [4, "a value or property is expected, not =", "a == 1"],
  [7, "a value or property is expected, not )", "a IN ()"],
  [6, "( is expected, not 1", "a IN 1"],
  [7, "IN is expected, not =", "a NOT = 1"],
  [6, "NULL is expected, not 1", "a IS 1"],
  [6, "IS NULL asks about a property only", "5 IS NULL"],
  [8, "a property is expected, not x", "EXISTS('x')"],
  [1, "' opens what is empty or never closed", "'abc"],
  [1, "[ opens what is empty or never closed", "[] = 1"],
  [5, "# is not expected", "a = #1"],
  [5, "_ is not expected", "a = _b"],
  [6, "a follows a number without a space", "a = 1a"],
  [5, "there is no system property Colour", "sys.Colour = 1"],
  [1, "the scope is sys or user, not shop", "shop.color = 1"],
  [1, "there is no function lower", "lower(a) = 'x'"],
  [5, "the parameter @p has no value", "a = @p"],
  [5, "9223372036854775808 is outside the range", "a = 9223372036854775808"],
  [5, "1E999 is outside the range", "a = 1E999"],
  [1025, "the limit is 1024", `a = '${"x".repeat(1020)}'`],
];

describe("parseFilter", () => {
  test.each(broken)("points at character %i, %s: %s", (position, reason, sql) => {
    const error = errorOf(() => parseFilter(sql));

    expect(error).toBeInstanceOf(SqlSyntaxError);
    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({ position, code: "invalid-argument" });
    expect(String(error)).toContain(reason);
    expect(String(error)).toContain(`at character ${position}:`);
  });

  test("reads text of exactly 1,024 characters", () => {
    const sql = `a = '${"x".repeat(1018)}'`;

    expect(sql).toHaveLength(1024);
    expect(parseFilter(sql)).toMatchObject({ kind: "compare" });
  });

  test.each([
    ["parentheses", (n: number) => `${"(".repeat(n)}a=1${")".repeat(n)}`],
    ["NOT", (n: number) => `${"NOT ".repeat(n)}a=1`],
    ["signs", (n: number) => `a=${"-".repeat(n)}b`],
    ["functions", (n: number) => `${"p(".repeat(n)}a${")".repeat(n)}=1`],
  ])("refuses nesting of %s beyond its bound and reads what is below", (_, nested) => {
    expect(errorOf(() => parseFilter(nested(200)))).toMatchObject({
      message: expect.stringContaining("levels of nesting"),
    });
    expect(() => parseFilter(nested(50))).not.toThrow();
  });

  test("does not take many parentheses side by side for nesting", () => {
    expect(() => parseFilter(`a = ${"(1) + ".repeat(150)} 1`)).not.toThrow();
  });

  test("evaluates the longest chains that fit", () => {
    const chain = (part: string, joint: string) => {
      const count = Math.floor((1024 - part.length) / (part.length + joint.length)) + 1;
      return Array.from({ length: count }, () => part).join(joint);
    };

    expect(decide(parseFilter(chain("1=1", " AND ")), aMessage())).toBe(true);
    expect(decide(parseFilter(`${chain("1", "+").slice(0, 1019)}>0`), aMessage())).toBe(true);
  });
});

describe("parseAction", () => {
  test.each([
    [1, "SET is expected, not the end", ""],
    [1, "SET is expected, not a", "a = 1"],
    [7, "= is expected, not 1", "SET a 1"],
    [5, "a property is expected, not 1", "SET 1 = 1"],
    [9, "a value is expected, not a condition", "SET a = (b = 1)"],
    [11, "SET is expected, not AND", "SET a = 1 AND b = 2"],
    [11, "SET is expected, not ;", "SET a = 1;; SET b = 2"],
    [5, "sys.SequenceNumber is read-only", "SET sys.SequenceNumber = 1"],
    [8, "sys.EnqueuedTimeUtc is read-only", "REMOVE sys.EnqueuedTimeUtc"],
    [8, "a property is expected, not p", "REMOVE 'p'"],
  ])("points at character %i, %s: %s", (position, reason, sql) => {
    const error = errorOf(() => parseAction(sql));

    expect(error).toBeInstanceOf(SqlSyntaxError);
    expect(error).toMatchObject({ position, message: expect.stringContaining(reason) });
  });

  test("reads statements with and without semicolons, up to 32", () => {
    const statements = (count: number, joint: string) =>
      Array.from({ length: count }, (_, i) => `SET a${i}=${i}`).join(joint);

    expect(parseAction("SET a = 1; REMOVE b SET c = a;")).toHaveLength(3);
    expect(parseAction(statements(32, ";"))).toHaveLength(32);
    expect(() => parseAction(statements(33, " "))).toThrow("more than 32 statements");
  });
});

/** Text made of the language's own words, which gets much deeper into the parser than random characters. */
const sqlLike = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ..."a sys . Label user [x y] ( ) , ; = <> < >= + - * / % AND OR NOT IN LIKE ESCAPE IS".split(
          " ",
        ),
        ..."NULL EXISTS TRUE SET REMOVE 1 2.5 'text' '%' @p @q newid p property ' [ \" :".split(
          " ",
        ),
      ),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(" "));

const anySql = fc.oneof(fc.string({ unit: "binary", maxLength: 1100 }), sqlLike);
const parameters = new Map([["@p", double(1)]]);

describe.each([
  ["parseFilter", parseFilter],
  ["parseAction", parseAction],
] as const)("%s, of any text", (_, parse) => {
  test("returns, or throws its own error with a position inside the text", () => {
    fc.assert(
      fc.property(anySql, (sql) => {
        const result = errorOf(() => parse(sql, parameters));

        if (result instanceof Error) {
          expect(result).toBeInstanceOf(SqlSyntaxError);
          expect((result as SqlSyntaxError).position).toBeGreaterThanOrEqual(1);
          expect((result as SqlSyntaxError).position).toBeLessThanOrEqual(sql.length + 1);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

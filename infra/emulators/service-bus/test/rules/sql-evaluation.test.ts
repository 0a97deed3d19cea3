import fc from "fast-check";
import { expect, test } from "vitest";
import type { AmqpValue } from "../../src/broker/types.ts";
import { decide, type Truth } from "../../src/rules/sql-evaluation.ts";
import { parseFilter } from "../../src/rules/sql-parser.ts";
import { aMessage } from "./filterable-message.ts";

const scalar: fc.Arbitrary<AmqpValue> = fc.oneof(
  fc.constant<AmqpValue>({ type: "null", value: null }),
  fc.record({ type: fc.constant("boolean" as const), value: fc.boolean() }),
  fc.record({ type: fc.constantFrom("int", "uint"), value: fc.integer() }),
  fc.record({
    type: fc.constantFrom("long", "ulong"),
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }),
  }),
  fc.record({ type: fc.constantFrom("float", "double", "timestamp"), value: fc.double() }),
  fc.record({ type: fc.constantFrom("string", "symbol", "char", "uuid"), value: fc.string() }),
  fc.record({
    type: fc.constantFrom("binary", "decimal128"),
    value: fc.constant(Buffer.alloc(3)),
  }),
);

const anyValue: fc.Arbitrary<AmqpValue> = fc.oneof(
  { weight: 5, arbitrary: scalar },
  fc.record({ type: fc.constantFrom("list", "array"), value: fc.array(scalar) }),
  fc.record({ type: fc.constant("map" as const), value: fc.array(fc.tuple(scalar, scalar)) }),
  fc.record({
    type: fc.constant("described" as const),
    descriptor: fc.oneof(
      scalar,
      fc.constantFrom<AmqpValue>(
        { type: "symbol", value: "com.microsoft:timespan" },
        { type: "symbol", value: "com.microsoft:datetime-offset" },
      ),
    ),
    value: scalar,
  }),
);

const anyMessage = fc
  .record({
    a: anyValue,
    b: anyValue,
    at: fc.date({ noInvalidDate: false }),
    ms: fc.option(fc.double()),
  })
  .map(({ a, b, at, ms }) =>
    aMessage({ a, b }, { enqueuedAt: at, timeToLiveMs: ms, sequenceNumber: ms ?? 0 }),
  );

/** Filters that follow the grammar. */
const { predicate } = fc.letrec<{ value: string; predicate: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: "value" },
    fc.constantFrom("a", "b", "missing", "1", "0", "2.5", "'x'", "'%'", "TRUE", "NULL", "newid()"),
    fc.constantFrom("sys.TimeToLive", "sys.EnqueuedTimeUtc", "sys.SequenceNumber", "p('a')"),
    fc
      .tuple(tie("value"), fc.constantFrom("+", "-", "*", "/", "%"), tie("value"))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    tie("value").map((operand) => `-(${operand})`),
    tie("value").map((operand) => `p(${operand})`),
  ),
  predicate: fc.oneof(
    { maxDepth: 3, depthIdentifier: "predicate" },
    fc
      .tuple(tie("value"), fc.constantFrom("=", "<>", "<", "<=", ">", ">="), tie("value"))
      .map(([left, operator, right]) => `${left} ${operator} ${right}`),
    fc
      .tuple(tie("value"), fc.constantFrom("IN", "NOT IN"), tie("value"), tie("value"))
      .map(([left, operator, first, second]) => `${left} ${operator} (${first}, ${second})`),
    fc
      .tuple(tie("value"), fc.constantFrom("LIKE", "NOT LIKE"), tie("value"), tie("value"))
      .map(([left, operator, pattern, mark]) => `${left} ${operator} ${pattern} ESCAPE ${mark}`),
    fc.constantFrom("a IS NULL", "b IS NOT NULL", "EXISTS(a)", "EXISTS(sys.TimeToLive)"),
    tie("predicate").map((operand) => `NOT (${operand})`),
    fc
      .tuple(tie("predicate"), fc.constantFrom("AND", "OR"), tie("predicate"))
      .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
  ),
}));
const shortPredicate = predicate.filter((sql) => sql.length < 400);

test("decide returns true, false or null for any filter and any message", () => {
  fc.assert(
    fc.property(shortPredicate, anyMessage, (sql, message) => {
      expect([true, false, null]).toContain(decide(parseFilter(sql), message));
    }),
    { numRuns: 500 },
  );
});

test("decide keeps the laws of three-valued logic", () => {
  const truth = fc.constantFrom("1=1", "1=0", "missing=1");
  const negated = (value: Truth) => (value === null ? null : !value);
  const of = (sql: string) => decide(parseFilter(sql), aMessage());

  fc.assert(
    fc.property(truth, truth, truth, (a, b, c) => {
      expect(of(`NOT (${a} AND ${b})`)).toBe(of(`NOT ${a} OR NOT ${b}`));
      expect(of(`NOT (${a})`)).toBe(negated(of(a)));
      expect(of(`${a} AND ${b}`)).toBe(of(`${b} AND ${a}`));
      expect(of(`${a} OR ${b} AND ${c}`)).toBe(of(`(${a} OR ${b}) AND (${a} OR ${c})`));
    }),
  );
});

test("decide finds that of two comparable values one is less, or they are equal", () => {
  fc.assert(
    fc.property(scalar, scalar, (a, b) => {
      const message = aMessage({ a, b });
      const of = (sql: string) => decide(parseFilter(sql), message);
      const verdicts = [of("a < b"), of("a = b"), of("a > b")];

      fc.pre(!verdicts.includes(null));
      expect(verdicts.filter(Boolean)).toHaveLength(1);
      expect(of("a <> b")).toBe(!verdicts[1]);
      expect(of("b > a")).toBe(verdicts[0]);
    }),
  );
});

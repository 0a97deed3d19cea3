import { describe, expect, test } from "vitest";
import type { AmqpValue } from "../../src/broker/types.ts";
import { compileAction } from "../../src/rules/action.ts";
import { aMessage, double, int, long, nothing, string } from "./filterable-message.ts";

const message = aMessage(
  { Color: string("red"), count: int(2), ratio: double(0.5), text: string("t") },
  { system: { subject: "before", correlationId: "c-1" } },
);

/** The edits of the application properties. */
function applied(sql: string, parameters?: ReadonlyMap<string, AmqpValue>) {
  return Object.fromEntries(compileAction(sql, parameters)(message).applicationProperties);
}

describe("compileAction", () => {
  test.each<[string, Record<string, AmqpValue | null>]>([
    ["SET added = 'x'", { added: string("x") }],
    ["SET user.[two words] = 1", { "two words": long(1n) }],
    ["SET copy = Color", { copy: string("red") }],
    ["SET copy = sys.CorrelationId", { copy: string("c-1") }],
    ["SET a = 1; SET b = a + 1; SET a = b * 10", { a: long(20n), b: long(2n) }],
    ["SET a = 1 REMOVE a", { a: null }],
    ["REMOVE text; SET gone = text", { text: null, gone: nothing }],
    ["REMOVE missing", { missing: null }],
    ["SET copy = missing", { copy: nothing }],
    ["SET a = NULL", { a: nothing }],
    ["SET a = 1 / 0", { a: nothing }],
    ["SET a = TRUE", { a: { type: "boolean", value: true } }],
  ])("edits application properties by %s", (sql, expected) => {
    expect(applied(sql)).toEqual(expected);
  });

  test("refuses broken SQL at once", () => {
    expect(() => compileAction("SET a = ")).toThrow("character 9");
  });
});

describe("compileAction, run on a message", () => {
  test("keeps the spelling of a property that the message has", () => {
    expect(applied("SET COLOR = 'blue'; REMOVE COUNT")).toEqual({
      Color: string("blue"),
      count: null,
    });
  });

  test("keeps the numeric type of a property where the new number fits", () => {
    expect(applied("SET count = count + 1; SET ratio = 3")).toEqual({
      count: int(3),
      ratio: double(3),
    });
    expect(applied("SET count = 3000000000")).toEqual({ count: long(3_000_000_000n) });
    expect(applied("SET count = 2.5")).toEqual({ count: double(2.5) });
    expect(applied("SET count = 'many'; SET text = 5")).toEqual({
      count: string("many"),
      text: long(5n),
    });
  });

  test("sets and removes system properties as text", () => {
    const edits = compileAction(
      "SET sys.Label = sys.Label + '-after'; SET sys.To = 5; SET sys.MessageId = newid() REMOVE sys.CorrelationId SET sys.ReplyTo = missing",
    )(message);

    expect(edits.system).toEqual({
      subject: "before-after",
      to: "5",
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      correlationId: null,
      replyTo: null,
    });
    expect(edits.applicationProperties.size).toBe(0);
  });

  test("takes values from parameters", () => {
    expect(applied("SET a = @x + 1", new Map([["@x", long(41n)]]))).toEqual({ a: long(42n) });
  });

  test("leaves the message itself alone", () => {
    compileAction("SET Color = 'x'; REMOVE count; SET sys.Label = 'x'")(message);

    expect(message.applicationProperties.get("Color")).toEqual(string("red"));
    expect(message.applicationProperties.has("count")).toBe(true);
    expect(message.system.subject).toBe("before");
  });

  test("does not let text grow without bound", () => {
    const doubling = Array.from({ length: 31 }, () => "SET a=a+a").join(" ");

    const { a } = applied(`SET a='0123456789' ${doubling}`);

    expect(a).toEqual(nothing);
  });
});

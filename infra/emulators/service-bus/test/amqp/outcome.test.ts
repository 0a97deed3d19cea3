import { expect, test } from "vitest";
import { settlementOf } from "../../src/amqp/outcome.ts";
import type { PeerOutcome } from "../../src/amqp/shim.ts";
import type { AmqpValue } from "../../src/broker/types.ts";

const NULL: AmqpValue = { type: "null", value: null };

function text(value: string): AmqpValue {
  return { type: "string", value };
}

function map(entries: Record<string, AmqpValue>): AmqpValue {
  return {
    type: "map",
    value: Object.entries(entries).map(([key, value]) => [{ type: "symbol", value: key }, value]),
  };
}

function rejectedWith(info: AmqpValue): PeerOutcome {
  const error: AmqpValue = {
    type: "described",
    descriptor: { type: "ulong", value: 0x1dn },
    value: {
      type: "list",
      value: [{ type: "symbol", value: "com.microsoft:dead-letter" }, NULL, info],
    },
  };
  return { kind: "rejected", fields: [error] };
}

test("accepted completes, released gives back", () => {
  expect(settlementOf({ kind: "accepted", fields: [] })).toEqual({ kind: "complete" });
  expect(settlementOf({ kind: "released", fields: [] })).toEqual({ kind: "release" });
});

test.each([
  ["abandon", { type: "boolean", value: false }],
  ["abandon", NULL],
  ["defer", { type: "boolean", value: true }],
] as const)("modified means %s by its second field", (kind, undeliverableHere) => {
  const number: AmqpValue = { type: "long", value: 5n };
  const outcome: PeerOutcome = {
    kind: "modified",
    fields: [NULL, undeliverableHere, map({ number })],
  };

  expect(settlementOf(outcome)).toEqual({ kind, properties: new Map([["number", number]]) });
});

test("rejected makes a dead letter with reason, description and properties", () => {
  const info = map({
    DeadLetterReason: text("bad"),
    DeadLetterErrorDescription: text("very"),
    field: text("name"),
  });

  expect(settlementOf(rejectedWith(info))).toEqual({
    kind: "dead-letter",
    reason: "bad",
    description: "very",
    properties: new Map([["field", text("name")]]),
  });
});

test.each([
  ["an info without them", rejectedWith(map({ DeadLetterReason: NULL }))],
  ["no info", rejectedWith(NULL)],
  ["no error", { kind: "rejected", fields: [] } as const],
])("rejected with %s makes a dead letter without a reason", (_what, outcome) => {
  expect(settlementOf(outcome)).toEqual({
    kind: "dead-letter",
    reason: null,
    description: null,
    properties: new Map(),
  });
});

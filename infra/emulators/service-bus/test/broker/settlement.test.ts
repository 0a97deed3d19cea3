import { expect, test } from "vitest";
import { receiveDeferred } from "../../src/broker/deferral.ts";
import { addConsumer } from "../../src/broker/delivery.ts";
import { peek } from "../../src/broker/peek.ts";
import { type Outcome, renewLock, settle } from "../../src/broker/settlement.ts";
import type { Delivery, Store } from "../../src/broker/store.ts";
import type { QueueConfig } from "../../src/broker/types.ts";
import { aConsumer, aMessage, aNamespace, aQueue, LOCK_MS } from "../builders.ts";

const PROPERTIES = new Map([["why", { type: "string", value: "because" } as const]]);

/** A queue with one message, and a receiver that has just got it. */
function aReceivedMessage(over: Partial<QueueConfig> = {}) {
  const { namespace, clock } = aNamespace({ queues: [aQueue("orders", over)] });
  const store = namespace.store("orders");
  const deadLetters = namespace.store("orders/$DeadLetterQueue");
  const consumer = aConsumer();
  addConsumer(store, consumer);
  namespace.publish("orders", [aMessage({ application_properties: { own: 1 } })]);
  return { namespace, clock, store, deadLetters, consumer, token: lastToken(consumer.taken) };
}

function lastToken(taken: readonly Delivery[]): string {
  return taken.at(-1)?.lockToken ?? "";
}

function peekAll(store: Store) {
  return peek(store, { fromSequenceNumber: 0, maxCount: 100, sessionId: null });
}

test("complete removes the message for good", () => {
  const { store, token, clock, consumer } = aReceivedMessage();

  settle(store, token, { kind: "complete" });

  clock.advance(LOCK_MS);
  expect(store.messages.size).toBe(0);
  expect(consumer.taken).toHaveLength(1);
});

test("abandon brings the message back with one try more and with new properties", () => {
  const { store, token, consumer } = aReceivedMessage();

  settle(store, token, { kind: "abandon", properties: PROPERTIES });

  const again = consumer.taken[1]?.stored;
  expect(again?.deliveryCount).toBe(1);
  expect([...(again?.message.applicationProperties.keys() ?? [])]).toEqual(["own", "why"]);
});

test("dead-letter moves the message with reason, description and properties, under its number", () => {
  const { store, deadLetters, token } = aReceivedMessage();

  settle(store, token, {
    kind: "dead-letter",
    reason: "bad",
    description: "very",
    properties: PROPERTIES,
  });

  const [dead] = peekAll(deadLetters);
  const properties = Object.fromEntries(dead?.message.applicationProperties ?? []);
  expect(store.messages.size).toBe(0);
  expect(dead?.sequenceNumber).toBe(1);
  expect(properties).toMatchObject({
    DeadLetterReason: { value: "bad" },
    DeadLetterErrorDescription: { value: "very" },
    why: { value: "because" },
    own: { value: 1 },
  });
});

test("a dead letter cannot be dead-lettered, and abandoning it does not count", () => {
  const { store, deadLetters, token } = aReceivedMessage();
  const undertaker = aConsumer();
  addConsumer(deadLetters, undertaker);
  const toDeadLetters: Outcome = {
    kind: "dead-letter",
    reason: null,
    description: null,
    properties: PROPERTIES,
  };
  settle(store, token, toDeadLetters);

  const again = () => settle(deadLetters, lastToken(undertaker.taken), toDeadLetters);

  expect(again).toThrow(expect.objectContaining({ code: "not-allowed" }));
  settle(deadLetters, lastToken(undertaker.taken), { kind: "abandon", properties: PROPERTIES });
  expect(undertaker.taken).toHaveLength(2);
  expect(undertaker.taken[1]?.stored.deliveryCount).toBe(0);
});

test("a released message comes again however often, and counts no try", () => {
  const { store, deadLetters, consumer } = aReceivedMessage();

  for (let times = 0; times < 20; times += 1) {
    settle(store, lastToken(consumer.taken), { kind: "release" });
  }

  expect(consumer.taken).toHaveLength(21);
  expect(consumer.taken.at(-1)?.stored.deliveryCount).toBe(0);
  expect(deadLetters.messages.size).toBe(0);
});

test("deferring counts as a try, releasing after it does not end the message", () => {
  const { store, token, deadLetters } = aReceivedMessage();
  const request = { sequenceNumbers: [1], mode: "peek-lock", sessionId: null } as const;
  const again = () => receiveDeferred(store, request)[0];

  settle(store, token, { kind: "defer", properties: new Map() });
  const first = again();
  settle(store, first?.lockToken ?? "", { kind: "defer", properties: new Map() });
  const second = again();
  settle(store, second?.lockToken ?? "", { kind: "release" });
  expect(again()?.stored).toMatchObject({ state: "deferred", deliveryCount: 2 });
  expect(deadLetters.messages.size).toBe(0);
});

test("a dead letter that was deferred before keeps the count of its tries", () => {
  const { store, deadLetters, token } = aReceivedMessage();
  const request = { sequenceNumbers: [1], mode: "peek-lock", sessionId: null } as const;
  settle(store, token, { kind: "defer", properties: new Map() });
  const [delivery] = receiveDeferred(store, request);

  settle(store, delivery?.lockToken ?? "", {
    kind: "dead-letter",
    reason: null,
    description: null,
    properties: new Map(),
  });

  expect(peekAll(deadLetters)).toMatchObject([{ sequenceNumber: 1, deliveryCount: 1 }]);
});

test.each<Outcome>([{ kind: "complete" }, { kind: "abandon", properties: new Map() }])(
  "$kind is refused after the lock has run out",
  (outcome) => {
    const { store, token, clock } = aReceivedMessage();

    clock.advance(LOCK_MS);

    expect(() => settle(store, token, outcome)).toThrow(
      expect.objectContaining({ code: "message-lock-lost" }),
    );
  },
);

test("a message settles once", () => {
  const { store, token } = aReceivedMessage();
  settle(store, token, { kind: "complete" });

  expect(() => settle(store, token, { kind: "complete" })).toThrow(
    expect.objectContaining({ code: "message-lock-lost" }),
  );
});

test("renewLock starts the time of the lock anew", () => {
  const { store, token, clock, consumer } = aReceivedMessage();
  clock.advance(LOCK_MS - 1);

  expect(renewLock(store, token)).toBe(clock.now() + LOCK_MS);

  clock.advance(LOCK_MS - 1);
  expect(consumer.taken).toHaveLength(1);
  clock.advance(1);
  expect(consumer.taken).toHaveLength(2);
});

test("a deferred message is received by its number only", () => {
  const { store, token, clock, consumer } = aReceivedMessage();

  settle(store, token, { kind: "defer", properties: PROPERTIES });

  clock.advance(LOCK_MS);
  expect(consumer.taken).toHaveLength(1);
  const [delivery] = receiveDeferred(store, {
    sequenceNumbers: [1],
    mode: "peek-lock",
    sessionId: null,
  });
  expect(delivery?.stored.message.applicationProperties.get("why")?.value).toBe("because");
  settle(store, delivery?.lockToken ?? "", { kind: "complete" });
  expect(store.messages.size).toBe(0);
});

test("a deferred message whose lock runs out stays deferred, and counts the try", () => {
  const { store, token, clock } = aReceivedMessage();
  const request = { sequenceNumbers: [1], mode: "peek-lock", sessionId: null } as const;
  settle(store, token, { kind: "defer", properties: new Map() });
  receiveDeferred(store, request);

  clock.advance(LOCK_MS);

  const [delivery] = receiveDeferred(store, request);
  expect(delivery?.stored).toMatchObject({ state: "deferred", deliveryCount: 2 });
});

test("receiveDeferred gives all or none", () => {
  const { store, token } = aReceivedMessage();
  const request = { mode: "peek-lock", sessionId: null } as const;
  settle(store, token, { kind: "defer", properties: new Map() });

  expect(() => receiveDeferred(store, { ...request, sequenceNumbers: [1, 99] })).toThrow(
    expect.objectContaining({ code: "message-not-found" }),
  );
  expect(receiveDeferred(store, { ...request, sequenceNumbers: [1] })).toHaveLength(1);
  expect(() => receiveDeferred(store, { ...request, sequenceNumbers: [1] })).toThrow(
    expect.objectContaining({ code: "message-not-found" }),
  );
});

test("a deferred message outlives its time to live", () => {
  const { store, token, clock } = aReceivedMessage({ defaultTimeToLiveMs: 1000 });
  settle(store, token, { kind: "defer", properties: new Map() });

  clock.advance(10_000);

  expect(store.messages.size).toBe(1);
});

test("peek sees locked, deferred and scheduled messages from a number on, in order", () => {
  const { namespace, store, token, clock } = aReceivedMessage();
  const inAnHour = { "x-opt-scheduled-enqueue-time": new Date(clock.now() + 3_600_000) };
  namespace.publish("orders", [aMessage(), aMessage({ message_annotations: inAnHour })]);
  settle(store, token, { kind: "defer", properties: new Map() });

  expect(peekAll(store).map(({ state }) => state)).toEqual(["deferred", "active", "scheduled"]);
  const later = peek(store, { fromSequenceNumber: 2, maxCount: 1, sessionId: null });
  expect(later.map(({ sequenceNumber }) => sequenceNumber)).toEqual([2]);
});

test("peek goes by number also where messages came out of order", () => {
  const { namespace, store, deadLetters, consumer } = aReceivedMessage();
  namespace.publish("orders", [aMessage(), aMessage()]);
  for (const { lockToken } of consumer.taken.toReversed()) {
    settle(store, lockToken, {
      kind: "dead-letter",
      reason: null,
      description: null,
      properties: new Map(),
    });
  }

  expect(peekAll(deadLetters).map(({ sequenceNumber }) => sequenceNumber)).toEqual([1, 2, 3]);
});

test("peek gives at most a mebibyte beyond the first message", () => {
  const { namespace } = aReceivedMessage();
  const big = aMessage({ body: "x".repeat(200_000) });
  namespace.publish("orders", [big, big, big, big, big, big, big]);

  expect(peekAll(namespace.store("orders")).length).toBe(6);
});

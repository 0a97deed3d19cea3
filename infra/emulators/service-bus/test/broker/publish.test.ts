import { expect, test } from "vitest";
import { addConsumer } from "../../src/broker/delivery.ts";
import { cancelScheduled } from "../../src/broker/intake.ts";
import type { Namespace } from "../../src/broker/namespace.ts";
import type { StoredMessage } from "../../src/broker/store.ts";
import {
  aConsumer,
  aMessage,
  aNamespace,
  aQueue,
  aRule,
  aSubscription,
  aTopic,
} from "../builders.ts";

const HOUR_MS = 3_600_000;

function at(atMs: number) {
  return { message_annotations: { "x-opt-scheduled-enqueue-time": new Date(atMs) } };
}

function messagesAt(namespace: Namespace, address: string): StoredMessage[] {
  return [...namespace.store(address).messages.values()];
}

function subjectsAt(namespace: Namespace, address: string) {
  return messagesAt(namespace, address).map(({ message }) => message.system.subject);
}

function reasonOf(stored: StoredMessage | undefined): unknown {
  return stored?.message.applicationProperties.get("DeadLetterReason")?.value;
}

test("a message without an id gets one of its own", () => {
  const { namespace } = aNamespace({ queues: [aQueue("orders")] });

  namespace.publish("orders", [aMessage(), aMessage(), aMessage({ message_id: "mine" })]);

  const ids = messagesAt(namespace, "orders").map(({ message }) => message.system.messageId);
  expect(ids[2]).toBe("mine");
  expect(new Set(ids).size).toBe(3);
  expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
});

test("names of entities are compared without regard to case", () => {
  const { namespace } = aNamespace({ queues: [aQueue("Orders")] });

  namespace.publish("ORDERS", [aMessage()]);

  expect(namespace.store("orders").messages.size).toBe(1);
});

test.each([["queue"], ["topic"]])("a %s with duplicate detection drops repetitions", (kind) => {
  const over = { requiresDuplicateDetection: true, duplicateDetectionWindowMs: 1000 };
  const { namespace, clock } = aNamespace(
    kind === "queue"
      ? { queues: [aQueue("x", over)] }
      : { topics: [aTopic("x", { ...over, subscriptions: [aSubscription("s")] })] },
  );
  const address = kind === "queue" ? "x" : "x/Subscriptions/s";
  const send = () => namespace.publish("x", [aMessage({ message_id: "1" })]);
  const count = () => namespace.store(address).messages.size;

  send();
  clock.advance(999);
  send();
  expect(count()).toBe(1);
  clock.advance(1);
  send();
  expect(count()).toBe(2);
});

test("a scheduled message comes at its time, under a new number, behind those before it", () => {
  const { namespace, clock } = aNamespace({ queues: [aQueue("orders")] });
  const consumer = aConsumer({ mode: "receive-and-delete" });
  addConsumer(namespace.store("orders"), consumer);
  const dueMs = clock.now() + HOUR_MS;
  const [number] = namespace.publish("orders", [aMessage({ subject: "late", ...at(dueMs) })]);
  namespace.publish("orders", [aMessage({ subject: "early" })]);

  clock.advance(HOUR_MS - 1);
  expect(consumer.taken).toHaveLength(1);
  expect(namespace.queues.get("orders")?.runtime.counts).toMatchObject({ active: 0, scheduled: 1 });
  clock.advance(1);

  expect(consumer.taken.map(({ stored }) => stored.message.system.subject)).toEqual([
    "early",
    "late",
  ]);
  expect(consumer.taken[1]?.stored).toMatchObject({ enqueuedAtMs: dueMs, sequenceNumber: 3 });
  expect(number).toBe(1);
});

test("a message scheduled for the past comes at once", () => {
  const { namespace, clock } = aNamespace({ queues: [aQueue("orders")] });

  namespace.publish("orders", [aMessage(at(clock.now()))]);

  expect(namespace.queues.get("orders")?.runtime.counts).toMatchObject({ active: 1, scheduled: 0 });
});

test("cancelScheduled takes back all or none, and only what is scheduled", () => {
  const { namespace, clock } = aNamespace({ queues: [aQueue("orders")] });
  const store = namespace.store("orders");
  const later = () => aMessage(at(clock.now() + HOUR_MS));
  const numbers = namespace.publish("orders", [later(), later(), aMessage()]);

  expect(() => cancelScheduled(store, numbers)).toThrow(
    expect.objectContaining({ code: "message-not-found" }),
  );
  cancelScheduled(store, numbers.slice(0, 2));

  clock.advance(HOUR_MS);
  expect(messagesAt(namespace, "orders").map(({ sequenceNumber }) => sequenceNumber)).toEqual([3]);
});

test("a topic gives each subscription what its rules take", () => {
  const bySubject = (subject: string) =>
    aRule("subject", {
      filter: { kind: "correlation", system: { subject }, applicationProperties: new Map() },
    });
  const { namespace } = aNamespace({
    topics: [
      aTopic("files", {
        subscriptions: [
          aSubscription("all"),
          aSubscription("a", { rules: [bySubject("a")] }),
          aSubscription("none", { rules: [aRule("no", { filter: { kind: "false" } })] }),
        ],
      }),
    ],
  });

  namespace.publish("files", [aMessage({ subject: "a" }), aMessage({ subject: "b" })]);

  const subjects = ["all", "a", "none"].map((name) =>
    subjectsAt(namespace, `files/Subscriptions/${name}`),
  );
  expect(subjects).toEqual([["a", "b"], ["a"], []]);
});

test("rules without an action make one copy together, each with an action one of its own", () => {
  const acting = aRule("acting", { action: { expression: "SET x = 1", parameters: new Map() } });
  const { namespace } = aNamespace({
    topics: [
      aTopic("files", {
        subscriptions: [aSubscription("s", { rules: [aRule("one"), aRule("two"), acting] })],
      }),
    ],
  });

  namespace.publish("files", [aMessage()]);

  const copies = messagesAt(namespace, "files/Subscriptions/s");
  const properties = copies.map(({ message }) =>
    Object.fromEntries(
      [...message.applicationProperties].map(([name, { value }]) => [name, value]),
    ),
  );
  expect(properties).toEqual([{}, { RuleName: "acting", x: expect.anything() }]);
});

test("a scheduled message of a topic meets the rules that are there at its time", () => {
  const { namespace, clock } = aNamespace({ topics: [aTopic("files")] });
  namespace.publish("files", [aMessage(at(clock.now() + HOUR_MS))]);
  expect(namespace.topics.get("files")?.runtime.counts.scheduled).toBe(1);

  namespace.subscriptions("files").create(aSubscription("late"));
  clock.advance(HOUR_MS);

  expect(messagesAt(namespace, "files/Subscriptions/late")).toHaveLength(1);
  expect(namespace.topics.get("files")?.runtime.counts.scheduled).toBe(0);
});

test("a message lives as long as the shortest of message, topic and subscription allows", () => {
  const { namespace, clock } = aNamespace({
    topics: [
      aTopic("files", {
        defaultTimeToLiveMs: 2000,
        subscriptions: [
          aSubscription("short", { defaultTimeToLiveMs: 1000 }),
          aSubscription("long", { defaultTimeToLiveMs: 9000 }),
        ],
      }),
    ],
  });
  namespace.publish("files", [aMessage({ ttl: 5000 })]);
  const left = () =>
    ["short", "long"].map((name) => messagesAt(namespace, `files/Subscriptions/${name}`).length);

  clock.advance(1000);
  expect(left()).toEqual([0, 1]);
  clock.advance(1000);
  expect(left()).toEqual([0, 0]);
});

test("a subscription with sessions buries messages without one", () => {
  const subscription = aSubscription("s", { requiresSession: true });
  const { namespace } = aNamespace({
    topics: [aTopic("files", { subscriptions: [subscription] })],
  });

  namespace.publish("files", [aMessage(), aMessage({ group_id: "A" })]);

  expect(messagesAt(namespace, "files/Subscriptions/s")).toHaveLength(1);
  const [dead] = messagesAt(namespace, "files/Subscriptions/s/$DeadLetterQueue");
  expect(reasonOf(dead)).toBe("Session ID is null.");
});

test("a queue forwards to a topic, and the message keeps its first number", () => {
  const { namespace } = aNamespace({
    queues: [aQueue("in", { forwardTo: "files" })],
    topics: [aTopic("files", { subscriptions: [aSubscription("s")] })],
  });

  namespace.publish("in", [aMessage({ subject: "a" }), aMessage({ subject: "b" })]);

  expect(messagesAt(namespace, "in")).toEqual([]);
  const [first, second] = messagesAt(namespace, "files/Subscriptions/s");
  expect([first?.enqueuedSequenceNumber, second?.enqueuedSequenceNumber]).toEqual([1, 2]);
  expect(() => namespace.receivable("in")).toThrow(
    expect.objectContaining({ code: "not-allowed" }),
  );
});

test("the number of the first place is known only where a message was sent on to", () => {
  const { namespace } = aNamespace({
    queues: [aQueue("own")],
    topics: [aTopic("files", { subscriptions: [aSubscription("s")] })],
  });

  namespace.publish("own", [aMessage()]);
  namespace.publish("files", [aMessage()]);

  expect(messagesAt(namespace, "own")).toMatchObject([{ enqueuedSequenceNumber: null }]);
  expect(messagesAt(namespace, "files/Subscriptions/s")).toMatchObject([
    { enqueuedSequenceNumber: 1 },
  ]);
});

test("messages that go in circles end as dead letters", () => {
  const { namespace } = aNamespace({
    queues: [aQueue("a", { forwardTo: "b" }), aQueue("b", { forwardTo: "a" })],
  });

  namespace.publish("a", [aMessage()]);

  expect(messagesAt(namespace, "a/$DeadLetterQueue").map(reasonOf)).toEqual([
    "MaxTransferHopCountExceeded",
  ]);
  expect(namespace.store("b").sequence.last).toBe(2);
});

test("what cannot be forwarded is kept where it came from", () => {
  const { namespace } = aNamespace({ queues: [aQueue("in", { forwardTo: "gone" })] });

  namespace.publish("in", [aMessage()]);

  const [kept] = messagesAt(namespace, "in/$Transfer/$DeadLetterQueue");
  expect(reasonOf(kept)).toBe("MessageForwardingFailed");
  expect(namespace.queues.get("in")?.runtime.counts.transferDeadLetter).toBe(1);
});

test("dead letters are forwarded with the name of where they died", () => {
  const { namespace, clock } = aNamespace({
    queues: [
      aQueue("orders", { forwardDeadLetteredTo: "morgue", deadLetterOnExpiration: true }),
      aQueue("morgue"),
    ],
  });
  namespace.publish("orders", [aMessage({ ttl: 1000 })]);

  clock.advance(1000);

  const [dead] = messagesAt(namespace, "morgue");
  expect(dead?.deadLetterSource).toBe("orders");
  expect(reasonOf(dead)).toBe("TTLExpiredException");
});

test("a dead letter whose target refuses it stays at home", () => {
  const { namespace, clock } = aNamespace({
    queues: [
      aQueue("orders", { forwardDeadLetteredTo: "morgue", deadLetterOnExpiration: true }),
      aQueue("morgue", { status: "SendDisabled" }),
    ],
  });
  namespace.publish("orders", [aMessage({ ttl: 1000 })]);

  clock.advance(1000);

  expect(messagesAt(namespace, "orders/$DeadLetterQueue")).toHaveLength(1);
});

import { expect, test } from "vitest";
import { addConsumer, offer } from "../../src/broker/delivery.ts";
import { laneOf } from "../../src/broker/store.ts";
import type { QueueConfig } from "../../src/broker/types.ts";
import { aConsumer, aMessage, aNamespace, aQueue, LOCK_MS, textOf } from "../builders.ts";

function aQueueStore(over: Partial<QueueConfig> = {}) {
  const { namespace, clock } = aNamespace({ queues: [aQueue("orders", over)] });
  return {
    clock,
    store: namespace.store("orders"),
    deadLetters: namespace.store("orders/$DeadLetterQueue"),
    send: (...bodies: string[]) =>
      namespace.publish(
        "orders",
        bodies.map((body) => aMessage({ body })),
      ),
    sendWith: (fields: Record<string, unknown>) => namespace.publish("orders", [aMessage(fields)]),
    counts: () => namespace.queues.get("orders")?.runtime.counts,
  };
}

test("messages wait for a receiver and come in the order they were sent", () => {
  const { store, send } = aQueueStore();
  const consumer = aConsumer();
  send("a", "b", "c");

  addConsumer(store, consumer);
  offer(store, laneOf(store, undefined));

  expect(consumer.taken.map(({ stored }) => textOf(stored.message))).toEqual(["a", "b", "c"]);
  expect(consumer.taken.map(({ stored }) => stored.sequenceNumber)).toEqual([1, 2, 3]);
});

test("a receiver gets no more than it has credit for, and the rest when it has more", () => {
  const { store, send } = aQueueStore();
  const consumer = aConsumer({ wants: 2 });
  addConsumer(store, consumer);

  send("a", "b", "c");
  expect(consumer.taken).toHaveLength(2);

  consumer.wants = 3;
  offer(store, laneOf(store, undefined));
  expect(consumer.taken).toHaveLength(3);
});

test("receivers of one queue take turns, and no message goes to two", () => {
  const { store, send } = aQueueStore();
  const consumers = [aConsumer(), aConsumer(), aConsumer()];
  for (const consumer of consumers) {
    addConsumer(store, consumer);
  }

  send(..."abcdefghi");

  expect(consumers.map(({ taken }) => taken.length)).toEqual([3, 3, 3]);
  const numbers = consumers.flatMap(({ taken }) =>
    taken.map(({ stored }) => stored.sequenceNumber),
  );
  expect(new Set(numbers).size).toBe(9);
});

test("a receiver that has gone gets nothing; what it holds stays locked until its time", () => {
  const { store, send, clock } = aQueueStore();
  const [first, second] = [aConsumer(), aConsumer()];
  const removeFirst = addConsumer(store, first);
  send("a");

  removeFirst();
  addConsumer(store, second);
  send("b");
  expect(second.taken.map(({ stored }) => textOf(stored.message))).toEqual(["b"]);

  clock.advance(LOCK_MS);
  expect(second.taken.map(({ stored }) => textOf(stored.message))).toContain("a");
});

test("a lock that runs out counts as a try and brings the message back in its place", () => {
  const { store, send, clock } = aQueueStore();
  const consumer = aConsumer({ wants: 1 });
  addConsumer(store, consumer);
  send("a", "b");

  clock.advance(LOCK_MS - 1);
  consumer.wants = 2;
  expect(consumer.taken).toHaveLength(1);
  clock.advance(1);

  expect(consumer.taken[1]?.stored).toMatchObject({ sequenceNumber: 1, deliveryCount: 1 });
});

test("after the last try a message becomes a dead letter that says why", () => {
  const { store, deadLetters, send, clock } = aQueueStore({ maxDeliveryCount: 2 });
  addConsumer(store, aConsumer());
  send("a");

  clock.advance(LOCK_MS * 2);

  const [dead] = deadLetters.messages.values();
  expect(store.messages.size).toBe(0);
  expect(dead?.message.applicationProperties.get("DeadLetterReason")?.value).toBe(
    "MaxDeliveryCountExceeded",
  );
  expect(dead?.message.applicationProperties.get("DeadLetterErrorDescription")?.value).toContain(
    "2 delivery attempts",
  );
});

test("receive-and-delete leaves nothing behind", () => {
  const { store, send, clock } = aQueueStore();
  const consumer = aConsumer({ mode: "receive-and-delete" });
  addConsumer(store, consumer);

  send("a");

  expect(consumer.taken).toMatchObject([{ lockedUntilMs: null }]);
  expect(store.messages.size).toBe(0);
  clock.advance(LOCK_MS);
  expect(consumer.taken).toHaveLength(1);
});

test("a message whose time has run out is dropped", () => {
  const { store, sendWith, clock, counts } = aQueueStore();
  sendWith({ ttl: 1000 });

  clock.advance(999);
  expect(counts()?.active).toBe(1);
  clock.advance(1);

  expect(counts()).toMatchObject({ active: 0, deadLetter: 0 });
  expect(laneOf(store, undefined).ready.items).toEqual([]);
});

test("a message whose time has run out becomes a dead letter where the queue says so", () => {
  const { deadLetters, sendWith, clock } = aQueueStore({ deadLetterOnExpiration: true });
  sendWith({ ttl: 1000 });

  clock.advance(1000);

  const [dead] = deadLetters.messages.values();
  expect(dead?.message.applicationProperties.get("DeadLetterReason")?.value).toBe(
    "TTLExpiredException",
  );
  addConsumer(deadLetters, aConsumer());
  offer(deadLetters, laneOf(deadLetters, undefined));
  clock.advance(10 * LOCK_MS);
  expect(deadLetters.messages.size).toBe(1);
});

test.each([
  [500, 1000, 500],
  [1000, 500, 500],
  [undefined, 500, 500],
])("a message with ttl %s in a queue with %s lives %s ms", (ttl, queueMs, livesMs) => {
  const { sendWith, clock, counts } = aQueueStore({ defaultTimeToLiveMs: queueMs });
  sendWith({ ttl });

  clock.advance(livesMs - 1);
  expect(counts()?.active).toBe(1);
  clock.advance(1);
  expect(counts()?.active).toBe(0);
});

test("a lock protects a message from its end, and giving it back brings the end", () => {
  const { store, sendWith, clock, counts } = aQueueStore();
  addConsumer(store, aConsumer());
  sendWith({ ttl: 1000 });

  clock.advance(LOCK_MS - 1);
  expect(counts()?.active).toBe(1);
  clock.advance(1);

  expect(counts()?.active).toBe(0);
});

test("the size of a queue is that of its messages", () => {
  const { store, sendWith } = aQueueStore();
  const consumer = aConsumer({ wants: 0, mode: "receive-and-delete" });
  addConsumer(store, consumer);
  sendWith({ body: "x".repeat(1000) });
  expect(store.sizeBytes).toBeGreaterThan(1000);

  consumer.wants = 1;
  offer(store, laneOf(store, undefined));

  expect(store.sizeBytes).toBe(0);
});

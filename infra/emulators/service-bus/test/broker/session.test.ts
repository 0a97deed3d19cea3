import { expect, test } from "vitest";
import { receiveDeferred } from "../../src/broker/deferral.ts";
import { offer } from "../../src/broker/delivery.ts";
import {
  acceptSession,
  getSessionState,
  listSessions,
  releaseSession,
  renewSession,
  setSessionState,
} from "../../src/broker/session.ts";
import { settle } from "../../src/broker/settlement.ts";
import type { Lane, Store } from "../../src/broker/store.ts";
import {
  aConsumer,
  aMessage,
  aNamespace,
  aQueue,
  LOCK_MS,
  type TestConsumer,
} from "../builders.ts";

function aSessionQueue() {
  const { namespace, clock } = aNamespace({
    queues: [aQueue("imports", { requiresSession: true })],
  });
  return {
    namespace,
    clock,
    store: namespace.store("imports"),
    deadLetters: namespace.store("imports/$DeadLetterQueue"),
    send: (...sessionIds: string[]) =>
      namespace.publish(
        "imports",
        sessionIds.map((group_id) => aMessage({ group_id })),
      ),
  };
}

/** Asks for a session, and takes what it holds when it is got. */
function accept(store: Store, sessionId: string | null, consumer: TestConsumer = aConsumer()) {
  const got: { lane: Lane | null; cancel: () => void } = { lane: null, cancel: () => undefined };
  got.cancel = acceptSession(store, {
    sessionId,
    consumer,
    accepted: (lane) => {
      got.lane = lane;
      offer(store, lane);
    },
  });
  return {
    consumer,
    got,
    numbers: () => consumer.taken.map(({ stored }) => stored.sequenceNumber),
  };
}

test("a holder gets the messages of its session, in order, and no others", () => {
  const { store, send } = aSessionQueue();
  send("A", "B", "A", "A");

  expect(accept(store, "A").numbers()).toEqual([1, 3, 4]);
});

test("messages of a session without a holder wait", () => {
  const { store, send } = aSessionQueue();
  const { numbers } = accept(store, "A");

  send("B", "A");

  expect(numbers()).toEqual([2]);
});

test("a session has one holder at a time", () => {
  const { store } = aSessionQueue();
  accept(store, "A");

  expect(() => accept(store, "A")).toThrow(
    expect.objectContaining({ code: "session-cannot-be-locked" }),
  );
});

test("the next session is the free one whose first message is the oldest", () => {
  const { store, send } = aSessionQueue();
  send("A", "B", "C");
  accept(store, "A");

  expect(accept(store, null).got.lane?.sessionId).toBe("B");
  expect(accept(store, null).got.lane?.sessionId).toBe("C");
});

test("who asks for the next session waits for one, first come first served", () => {
  const { store, send } = aSessionQueue();
  const [first, second] = [accept(store, null), accept(store, null)];
  expect(first.got.lane).toBeNull();

  send("A", "A", "B");

  expect(first.numbers()).toEqual([1, 2]);
  expect(second.numbers()).toEqual([3]);
});

test("who has stopped waiting gets no session", () => {
  const { store, send } = aSessionQueue();
  const { got } = accept(store, null);

  got.cancel();
  send("A");

  expect(got.lane).toBeNull();
  expect(store.lanes.get("A")?.lock).toBeNull();
});

test("a session that is given up goes to the next in its old order, and no try is counted", () => {
  const { store, send } = aSessionQueue();
  send("A", "A", "A");
  const first = accept(store, "A");
  const second = accept(store, null);
  const [oldest] = first.consumer.taken;
  settle(store, oldest?.lockToken ?? "", { kind: "abandon", properties: new Map() });

  releaseSession(store, first.got.lane as Lane, first.consumer);

  expect(second.numbers()).toEqual([1, 2, 3]);
  expect(second.consumer.taken.map(({ stored }) => stored.deliveryCount)).toEqual([1, 0, 0]);
  expect(first.consumer.ended).toEqual([]);
});

test("a session whose lock runs out ends its holder and counts a try for what it held", () => {
  const { store, send, clock } = aSessionQueue();
  send("A", "A");
  const first = accept(store, "A");
  const second = accept(store, null);
  const [held] = first.consumer.taken;

  clock.advance(LOCK_MS);

  expect(first.consumer.ended).toEqual(["session-lock-lost"]);
  expect(second.numbers()).toEqual([1, 2]);
  expect(second.consumer.taken.map(({ stored }) => stored.deliveryCount)).toEqual([1, 1]);
  expect(() => settle(store, held?.lockToken ?? "", { kind: "complete" })).toThrow(
    expect.objectContaining({ code: "session-lock-lost" }),
  );
});

test("an abandoned message comes again before those behind it", () => {
  const { store, send } = aSessionQueue();
  send("A", "A", "A");
  const { consumer, numbers } = accept(store, "A", aConsumer({ wants: 1 }));
  const lane = store.lanes.get("A") as Lane;
  const settleLast = (kind: "abandon" | "complete") =>
    settle(store, consumer.taken.at(-1)?.lockToken ?? "", { kind, properties: new Map() });

  settleLast("abandon");
  for (const wants of [2, 3, 4]) {
    consumer.wants = wants;
    offer(store, lane);
    settleLast("complete");
  }

  expect(numbers()).toEqual([1, 1, 2, 3]);
});

test("messages of a session stay locked as long as the session is", () => {
  const { store, send, clock } = aSessionQueue();
  send("A");
  const { consumer } = accept(store, "A");
  clock.advance(LOCK_MS - 1);

  expect(renewSession(store, "A", "receiver")).toBe(clock.now() + LOCK_MS);
  clock.advance(LOCK_MS - 1);

  settle(store, consumer.taken[0]?.lockToken ?? "", { kind: "complete" });
  expect(store.messages.size).toBe(0);
});

test("only the holder renews a session", () => {
  const { store } = aSessionQueue();
  accept(store, "A", aConsumer({ name: "holder" }));

  expect(() => renewSession(store, "A", "another")).toThrow(
    expect.objectContaining({ code: "session-lock-lost" }),
  );
  expect(() => renewSession(store, "B", null)).toThrow(
    expect.objectContaining({ code: "session-lock-lost" }),
  );
  expect(renewSession(store, "A", null)).toBeGreaterThan(0);
});

test("the state of a session outlives its holders and its messages", () => {
  const { store, clock } = aSessionQueue();
  const state = Buffer.from("half way");
  const first = accept(store, "A");
  setSessionState(store, { id: "A", holderName: "receiver" }, state);

  releaseSession(store, first.got.lane as Lane, first.consumer);
  accept(store, "A");

  expect(getSessionState(store, "A", null)).toEqual(state);
  expect(listSessions(store, clock.now())).toEqual(["A"]);
  expect(listSessions(store, clock.now() + 1)).toEqual([]);
});

test("a session that holds nothing is forgotten", () => {
  const { store, send } = aSessionQueue();
  send("A");
  const { consumer, got } = accept(store, "A");

  settle(store, consumer.taken[0]?.lockToken ?? "", { kind: "complete" });
  releaseSession(store, got.lane as Lane, consumer);

  expect(store.lanes.size).toBe(0);
});

test("a session whose messages have expired is forgotten", () => {
  const { namespace, store, clock } = aSessionQueue();
  namespace.publish("imports", [aMessage({ group_id: "A", ttl: 1000 })]);

  clock.advance(1000);

  expect(store.lanes.size).toBe(0);
});

test("a queue with sessions refuses messages without one: all of a batch", () => {
  const { namespace } = aSessionQueue();

  expect(() => namespace.publish("imports", [aMessage({ group_id: "A" }), aMessage()])).toThrow(
    expect.objectContaining({ code: "not-allowed" }),
  );
  expect(namespace.store("imports").messages.size).toBe(0);
});

test("what a lost session held and has been tried too often becomes a dead letter", () => {
  const { store, deadLetters, send, clock } = aSessionQueue();
  send("A");

  for (const _try of [1, 2, 3]) {
    accept(store, "A");
    clock.advance(LOCK_MS);
  }

  expect(deadLetters.messages.size).toBe(1);
  expect(store.lanes.size).toBe(0);
});

test("deferred messages of a session need its lock", () => {
  const { store, send } = aSessionQueue();
  send("A");
  const { consumer, got } = accept(store, "A");
  const request = { sequenceNumbers: [1], mode: "peek-lock" } as const;
  settle(store, consumer.taken[0]?.lockToken ?? "", { kind: "defer", properties: new Map() });

  expect(() => receiveDeferred(store, { ...request, sessionId: "B" })).toThrow(
    expect.objectContaining({ code: "message-not-found" }),
  );
  expect(receiveDeferred(store, { ...request, sessionId: "A" })).toHaveLength(1);
  releaseSession(store, got.lane as Lane, consumer);
  expect(() => receiveDeferred(store, { ...request, sessionId: "A" })).toThrow(
    expect.objectContaining({ code: "session-lock-lost" }),
  );
});

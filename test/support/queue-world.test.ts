import { expect, test } from "vitest";
import { manualClock } from "./manual-clock.ts";
import { QUEUE_SETTINGS, queueWorld, type SessionLock, topicWorld } from "./queue-world.ts";

function world() {
  const clock = manualClock("2026-03-01T10:00:00Z");
  const now = () => clock.now().getTime();
  const queue = queueWorld<string>("runs", QUEUE_SETTINGS, now);
  const send = (messageId: string, sessionId = "s", notBeforeMs = 0) =>
    queue.send({ messageId, sessionId, body: messageId, notBeforeMs });
  const accept = (holder: string): SessionLock => {
    const lock = queue.accept(holder);
    if (lock === null) {
      throw new Error(`there is nothing for "${holder}"`);
    }
    return lock;
  };
  return { clock, now, queue, send, accept };
}

test("a session has one holder at a time, and its messages come in order", () => {
  const { queue, send, accept } = world();
  send("1");
  send("2");
  const lock = accept("a");

  expect(queue.accept("b")).toBeNull();
  const first = queue.receive(lock);
  expect(first?.messageId).toBe("1");
  expect(first && queue.complete(lock, first)).toBe(true);
  expect(queue.receive(lock)?.messageId).toBe("2");
});

test("a message whose lock has run out goes to another worker, and the first cannot settle it", () => {
  const { queue, send, accept, clock } = world();
  send("1");
  const lost = accept("a");
  const message = queue.receive(lost);

  clock.advance(60_000);
  queue.passTime();

  const lock = accept("b");
  expect(queue.receive(lock)).toBe(message);
  expect(message && queue.complete(lost, message)).toBe(false);
  expect(queue.renew(lost)).toBe(false);
});

test("a message that was tried ten times is dead, however the tries ended", () => {
  const { queue, send, accept } = world();
  send("1");
  send("2");
  for (let tried = 1; tried <= 10; tried++) {
    expect(queue.deadLetters).toEqual([]);
    const lock = accept("a");
    const message = queue.receive(lock);
    if (tried % 2 === 0) {
      queue.loseLocks();
    } else if (message !== null) {
      queue.abandon(lock, message);
      queue.release(lock);
    }
  }

  expect(queue.deadLetters).toMatchObject([{ messageId: "1", reason: "delivered too often" }]);
  expect(queue.receive(accept("a"))?.messageId).toBe("2");
});

test("a message that is renewed stays locked; one that is given up unsettled was not tried", () => {
  const { queue, send, accept, clock } = world();
  send("1");
  const lock = accept("a");
  queue.receive(lock);
  clock.advance(59_000);
  expect(queue.renew(lock)).toBe(true);
  clock.advance(59_000);
  queue.passTime();

  expect(queue.accept("b")).toBeNull();
  for (let round = 0; round < 20; round++) {
    queue.release(lock);
    queue.receive(accept("b"));
    queue.release([...queue.locks()][0] ?? lock);
  }
  expect(queue.deadLetters).toEqual([]);
});

test("a message that was sent before is dropped for five minutes, at a queue and at a topic", () => {
  const { queue, send, clock, now } = world();
  const topic = topicWorld([queue], 5 * 60_000, now);
  send("1");
  send("1");
  topic.send({ messageId: "2", sessionId: "s", body: "2" });
  topic.send({ messageId: "2", sessionId: "s", body: "2" });
  clock.advance(5 * 60_000);
  send("1");
  topic.send({ messageId: "2", sessionId: "s", body: "2" });

  expect(queue.waiting.map(({ messageId }) => messageId)).toEqual(["1", "2", "1", "2"]);
});

test("a scheduled message waits for its time, and a message that nobody took is gone after an hour", () => {
  const { queue, send, clock, now, accept } = world();
  send("later", "s", now() + 60_000);
  expect(queue.accept("a")).toBeNull();
  clock.advance(60_000);
  const lock = accept("a");
  expect(queue.receive(lock)?.messageId).toBe("later");
  queue.release(lock);

  clock.advance(60 * 60_000);
  queue.passTime();

  expect(queue.waiting).toEqual([]);
  expect(queue.deadLetters).toEqual([]);
});

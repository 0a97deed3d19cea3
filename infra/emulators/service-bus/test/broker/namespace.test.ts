import { expect, test } from "vitest";
import { addConsumer } from "../../src/broker/delivery.ts";
import { acceptSession } from "../../src/broker/session.ts";
import {
  aConsumer,
  aMessage,
  aNamespace,
  aQueue,
  aRule,
  aSubscription,
  aTopic,
} from "../builders.ts";

function code(expected: string) {
  return expect.objectContaining({ code: expected });
}

test("an entity that is not there is refused in the words that the SDKs know", () => {
  const { namespace } = aNamespace({ topics: [aTopic("files")] });

  for (const ask of [
    () => namespace.publish("nope", []),
    () => namespace.receivable("nope/$DeadLetterQueue"),
    () => namespace.receivable("files/Subscriptions/nope"),
    () => namespace.subscriptions("nope"),
    () => namespace.rules("files", "nope"),
  ]) {
    expect(ask).toThrow(/^The messaging entity '.*' could not be found\.$/);
  }
});

test("a name that is taken is refused in the words of the service", () => {
  const { namespace } = aNamespace({
    queues: [aQueue("q")],
    topics: [aTopic("t", { subscriptions: [aSubscription("s")] })],
  });

  for (const [path, create] of [
    ["Q", () => namespace.queues.create(aQueue("Q"))],
    ["t", () => namespace.queues.create(aQueue("t"))],
    ["q", () => namespace.topics.create(aTopic("q"))],
    ["t/Subscriptions/s", () => namespace.subscriptions("t").create(aSubscription("s"))],
    ["t/Subscriptions/s/Rules/$Default", () => namespace.rules("t", "s").create(aRule("$Default"))],
  ] as const) {
    const message = `The messaging entity 'sb://sbemulatorns/${path}' already exists.`;
    expect(create).toThrow(expect.objectContaining({ message }));
  }
});

test.each([
  ["Active", true, true],
  ["SendDisabled", false, true],
  ["ReceiveDisabled", true, false],
  ["Disabled", false, false],
] as const)("a queue that is %s sends: %s, receives: %s", (status, sends, receives) => {
  const { namespace } = aNamespace({ queues: [aQueue("orders", { status })] });
  const works = (run: () => unknown) => {
    try {
      run();
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: "entity-disabled" });
      return false;
    }
  };

  expect(works(() => namespace.checkSendable("orders"))).toBe(sends);
  expect(works(() => namespace.publish("orders", [aMessage()]))).toBe(sends);
  expect(works(() => namespace.receivable("orders"))).toBe(receives);
});

test("nobody receives from a topic, nor sends to a subscription or to dead letters", () => {
  const { namespace } = aNamespace({
    topics: [aTopic("files", { subscriptions: [aSubscription("s")] })],
  });

  expect(() => namespace.receivable("files")).toThrow(code("not-allowed"));
  expect(() => namespace.publish("files/Subscriptions/s", [])).toThrow(code("not-allowed"));
  expect(() => namespace.publish("files/$DeadLetterQueue", [])).toThrow(code("not-allowed"));
});

test("create refuses a name that is taken, also by an entity of another kind", () => {
  const { namespace } = aNamespace({ queues: [aQueue("a")], topics: [aTopic("b")] });

  expect(() => namespace.queues.create(aQueue("A"))).toThrow(code("entity-exists"));
  expect(() => namespace.queues.create(aQueue("b"))).toThrow(code("entity-exists"));
  expect(() => namespace.topics.create(aTopic("a"))).toThrow(code("entity-exists"));
});

test.each([
  ["no name", { name: " " }],
  ["no lock duration", { lockDurationMs: 0 }],
  ["no delivery", { maxDeliveryCount: 0 }],
  ["itself to forward to", { forwardTo: "Q" }],
  ["itself for its dead letters", { forwardDeadLetteredTo: "sb://localhost/q" }],
])("create refuses a queue with %s", (_what, over) => {
  const { namespace } = aNamespace();

  expect(() => namespace.queues.create(aQueue("q", over))).toThrow(code("invalid-argument"));
  expect(namespace.queues.list()).toEqual([]);
});

test("create refuses a subscription whose rule cannot be read, and leaves nothing of it", () => {
  const { namespace } = aNamespace({ topics: [aTopic("files")] });
  const bad = aRule("bad", { filter: { kind: "sql", expression: "a = =", parameters: new Map() } });

  expect(() =>
    namespace.subscriptions("files").create(aSubscription("s", { rules: [bad] })),
  ).toThrow(code("invalid-argument"));
  expect(namespace.subscriptions("files").list()).toEqual([]);
});

test("a subscription without rules takes everything by the rule $Default", () => {
  const { namespace } = aNamespace({
    topics: [aTopic("files", { subscriptions: [aSubscription("s")] })],
  });

  const rules = namespace.rules("files", "s").list();

  expect(rules.map(({ config }) => config)).toEqual([
    { name: "$Default", filter: { kind: "true" }, action: null },
  ]);
  expect(namespace.subscriptions("files").get("S")?.config.rules).toHaveLength(1);
});

test("update changes settings, keeps messages, and notes when", () => {
  const { namespace, clock } = aNamespace({ queues: [aQueue("orders")] });
  namespace.publish("orders", [aMessage()]);
  clock.advance(1000);

  const { config, runtime } = namespace.queues.update(aQueue("ORDERS", { maxDeliveryCount: 9 }));

  expect(config).toMatchObject({ name: "orders", maxDeliveryCount: 9 });
  expect(runtime.counts.active).toBe(1);
  expect(runtime.updatedAt.getTime() - runtime.createdAt.getTime()).toBe(1000);
});

test("update refuses what cannot change", () => {
  const { namespace } = aNamespace({ queues: [aQueue("q")], topics: [aTopic("t")] });

  expect(() => namespace.queues.update(aQueue("q", { requiresSession: true }))).toThrow(
    code("invalid-argument"),
  );
  expect(() => namespace.topics.update(aTopic("t", { requiresDuplicateDetection: true }))).toThrow(
    code("invalid-argument"),
  );
  expect(() => namespace.queues.update(aQueue("nope"))).toThrow(code("entity-not-found"));
});

test("update of a rule takes effect for the next message", () => {
  const { namespace } = aNamespace({
    topics: [aTopic("files", { subscriptions: [aSubscription("s")] })],
  });

  namespace.rules("files", "s").update(aRule("$default", { filter: { kind: "false" } }));
  namespace.publish("files", [aMessage()]);

  expect(namespace.store("files/Subscriptions/s").messages.size).toBe(0);
});

test("update that disables receiving ends the receivers", () => {
  const { namespace } = aNamespace({ queues: [aQueue("orders")] });
  const consumer = aConsumer();
  addConsumer(namespace.store("orders"), consumer);

  namespace.queues.update(aQueue("orders", { status: "ReceiveDisabled" }));
  namespace.publish("orders", [aMessage()]);

  expect(consumer).toMatchObject({ ended: ["entity-disabled"], taken: [] });
});

test("update that starts forwarding sends on what waits", () => {
  const { namespace } = aNamespace({ queues: [aQueue("in"), aQueue("out")] });
  namespace.publish("in", [aMessage({ subject: "a" }), aMessage({ subject: "b" })]);

  namespace.queues.update(aQueue("in", { forwardTo: "out" }));

  const subjects = [...namespace.store("out").messages.values()].map(
    ({ message }) => message.system.subject,
  );
  expect(subjects).toEqual(["a", "b"]);
  expect(namespace.store("in").messages.size).toBe(0);
});

test("delete ends receivers, those that wait for a session, and all timers of messages", () => {
  const { namespace, clock } = aNamespace({
    queues: [aQueue("q"), aQueue("sessions", { requiresSession: true })],
  });
  const [receiver, waiting] = [aConsumer(), aConsumer()];
  addConsumer(namespace.store("q"), receiver);
  namespace.publish("q", [aMessage({ ttl: 1000 })]);
  acceptSession(namespace.store("sessions"), {
    sessionId: null,
    consumer: waiting,
    accepted: () => undefined,
  });

  namespace.queues.delete("Q");
  namespace.queues.delete("sessions");
  clock.advance(1_000_000);

  expect(receiver.ended).toEqual(["entity-deleted"]);
  expect(waiting.ended).toEqual(["entity-deleted"]);
  expect(receiver.taken).toHaveLength(1);
  expect(namespace.queues.list()).toEqual([]);
  expect(() => namespace.queues.delete("q")).toThrow(code("entity-not-found"));
});

test("delete of a topic takes its subscriptions with it", () => {
  const { namespace } = aNamespace({
    topics: [aTopic("files", { subscriptions: [aSubscription("s")] })],
  });
  const consumer = aConsumer();
  addConsumer(namespace.store("files/Subscriptions/s"), consumer);

  namespace.topics.delete("files");

  expect(consumer.ended).toEqual(["entity-deleted"]);
  expect(() => namespace.store("files/Subscriptions/s")).toThrow(code("entity-not-found"));
});

test("the runtime of a topic sums up its subscriptions", () => {
  const { namespace } = aNamespace({
    topics: [aTopic("files", { subscriptions: [aSubscription("a"), aSubscription("b")] })],
  });
  namespace.publish("files", [aMessage()]);

  const topic = namespace.topics.get("files")?.runtime;
  const one = namespace.subscriptions("files").get("a")?.runtime;

  expect(topic?.subscriptionCount).toBe(2);
  expect(topic?.sizeBytes).toBe(2 * (one?.sizeBytes ?? 0));
  expect(one?.counts.active).toBe(1);
});

test("a topic has at most 2,000 subscriptions", () => {
  const { namespace } = aNamespace({ topics: [aTopic("t")] });
  const subscriptions = namespace.subscriptions("t");
  for (let count = 0; count < 2000; count += 1) {
    subscriptions.create(aSubscription(`s${count}`));
  }

  expect(() => subscriptions.create(aSubscription("more"))).toThrow(code("quota-exceeded"));
});

test("a topic has at most 2,000 SQL filters over all subscriptions, and counts them by kind", () => {
  const { namespace } = aNamespace({
    topics: [aTopic("t", { subscriptions: [aSubscription("a"), aSubscription("b")] })],
  });
  const sql = (name: string) =>
    aRule(name, { filter: { kind: "sql", expression: "a = 1", parameters: new Map() } });
  for (let count = 0; count < 1000; count += 1) {
    for (const subscription of ["a", "b"]) {
      namespace.rules("t", subscription).create(sql(`r${count}`));
    }
  }

  expect(() => namespace.rules("t", "a").create(sql("more"))).toThrow(code("quota-exceeded"));
  expect(namespace.topics.get("t")?.runtime.filterCounts).toEqual({ sql: 2000, correlation: 0 });
});

import { expect, test } from "vitest";
import type { RuleConfig } from "../../src/broker/types.ts";
import { aMessage, aNamespace, aQueue, aRule, aSubscription, aTopic } from "../builders.ts";

const QUOTA_EXCEEDED = expect.objectContaining({ code: "quota-exceeded" });

const sql = (name: string): RuleConfig =>
  aRule(name, { filter: { kind: "sql", expression: "a = 1", parameters: new Map() } });

const correlation = (name: string): RuleConfig =>
  aRule(name, {
    filter: { kind: "correlation", system: { subject: "a" }, applicationProperties: new Map() },
  });

/** So many rules, named r0 and on. */
const many = (count: number, rule: (name: string) => RuleConfig): RuleConfig[] =>
  Array.from({ length: count }, (_, index) => rule(`r${index}`));

test.each([
  ["an id of 129 characters", { message_id: "i".repeat(129) }, "invalid-argument"],
  ["a session id of 129 characters", { group_id: "i".repeat(129) }, "invalid-argument"],
  [
    "a partition key of 129 characters",
    { message_annotations: { "x-opt-partition-key": "i".repeat(129) } },
    "invalid-argument",
  ],
  [
    "an application property above 32 KB",
    { application_properties: { a: "x".repeat(32 * 1024) } },
    "message-too-large",
  ],
  [
    "application properties above 64 KB",
    {
      application_properties: { a: "x".repeat(30_000), b: "y".repeat(30_000), c: "z".repeat(6000) },
    },
    "message-too-large",
  ],
])(
  "a message with %s is refused, and with it all that are sent together",
  (_what, fields, code) => {
    const { namespace } = aNamespace({ queues: [aQueue("orders")] });

    expect(() => namespace.publish("orders", [aMessage(), aMessage(fields)])).toThrow(
      expect.objectContaining({ code }),
    );
    expect(namespace.store("orders").messages.size).toBe(0);
  },
);

test("a message may use the limits up", () => {
  const { namespace } = aNamespace({ queues: [aQueue("orders")] });
  const id = "i".repeat(128);

  namespace.publish("orders", [
    aMessage({
      message_id: id,
      group_id: id,
      application_properties: { a: "x".repeat(32_000), b: "y".repeat(32_000) },
    }),
  ]);

  expect(namespace.store("orders").messages.size).toBe(1);
});

test.each(["queue", "topic"])("a %s takes no more than its size", (kind) => {
  const passive = { MaxSizeInMegabytes: "1" };
  const { namespace } = aNamespace(
    kind === "queue"
      ? { queues: [aQueue("full", { passive })] }
      : { topics: [aTopic("full", { passive, subscriptions: [aSubscription("s")] })] },
  );
  const large = aMessage({ body: "x".repeat(200_000) });
  const send = () => namespace.publish("full", [large]);
  for (let times = 0; times < 5; times += 1) {
    send();
  }

  expect(send).toThrow(expect.objectContaining({ code: "quota-exceeded" }));
});

test("a namespace has at most 10,000 queues and topics", () => {
  const { namespace } = aNamespace({ topics: [aTopic("t")] });
  for (let count = 1; count < 10_000; count += 1) {
    namespace.queues.create(aQueue(`q${count}`));
  }

  expect(() => namespace.queues.create(aQueue("more"))).toThrow(QUOTA_EXCEEDED);
  expect(() => namespace.topics.create(aTopic("more"))).toThrow(QUOTA_EXCEEDED);
  namespace.queues.delete("q1");
  namespace.topics.create(aTopic("more"));
});

test("a topic has at most 100,000 correlation filters over all subscriptions", () => {
  const full = aSubscription("full", { rules: many(99_999, correlation) });
  const { namespace } = aNamespace({
    topics: [aTopic("t", { subscriptions: [full, aSubscription("other")] })],
  });
  const rules = namespace.rules("t", "other");
  rules.create(correlation("last"));

  expect(() => rules.create(correlation("more"))).toThrow(QUOTA_EXCEEDED);
  expect(() => rules.update(correlation("$Default"))).toThrow(QUOTA_EXCEEDED);
  rules.create(sql("another kind"));
  expect(() => rules.update(correlation("another kind"))).toThrow(QUOTA_EXCEEDED);
});

test("a rule that is updated counts as what it has become", () => {
  const { namespace } = aNamespace({
    topics: [aTopic("t", { subscriptions: [aSubscription("s", { rules: many(2000, sql) })] })],
  });
  const rules = namespace.rules("t", "s");
  rules.create(correlation("c"));

  expect(() => rules.update(sql("c"))).toThrow(QUOTA_EXCEEDED);
  expect(rules.get("c")?.config.filter.kind).toBe("correlation");
  rules.update(sql("r0"));
  rules.update(correlation("r0"));
  rules.update(sql("c"));
  expect(namespace.topics.get("t")?.runtime.filterCounts).toEqual({ sql: 2000, correlation: 1 });
});

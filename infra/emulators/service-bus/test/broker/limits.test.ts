import { expect, test } from "vitest";
import { aMessage, aNamespace, aQueue, aSubscription, aTopic } from "../builders.ts";

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

import { expect, test } from "vitest";
import { aQueue, aSubscription, aTopic } from "./builders.ts";
import { codeOf, receive, receiveOne, startBus } from "./sdk.ts";

const MAX_MESSAGE_BYTES = 262_144;

test("a message arrives as it was sent, and with what the broker adds", async () => {
  const { client, clock } = await startBus({ queues: [aQueue("orders")] });
  const sent = {
    body: { of: ["json", 1] },
    messageId: "id",
    correlationId: "correlation",
    contentType: "application/json",
    subject: "subject",
    to: "to",
    replyTo: "reply",
    sessionId: "session",
    replyToSessionId: "reply session",
    partitionKey: "session",
    timeToLive: 60_000,
    applicationProperties: { text: "a", whole: 5, part: 1.5, yes: true, nothing: null },
  };

  await client.createSender("orders").sendMessages(sent);

  const received = await receiveOne(client.createReceiver("orders"));
  expect(received).toMatchObject(sent);
  expect(received).toMatchObject({
    deliveryCount: 0,
    state: "active",
    enqueuedTimeUtc: new Date(clock.now()),
    expiresAtUtc: new Date(clock.now() + 60_000),
    lockedUntilUtc: new Date(clock.now() + 60_000),
  });
  expect(Number(received.sequenceNumber)).toBe(1);
});

test.each([
  ["text", "ä€😀"],
  ["bytes", Buffer.from([0, 255, 1])],
  ["a number", 42],
  ["nothing", null],
])("a body of %s arrives", async (_what, body) => {
  const { client } = await startBus({ queues: [aQueue("orders")] });

  await client.createSender("orders").sendMessages({ body });

  expect((await receiveOne(client.createReceiver("orders"))).body).toEqual(body);
});

test.each([
  ["value", { deep: [1, "two", null] }],
  ["sequence", [[1, 2], ["three"]]],
] as const)("a body that is an AMQP %s arrives", async (bodyType, body) => {
  const { client } = await startBus({ queues: [aQueue("orders")] });

  await client.createSender("orders").sendMessages({ body, bodyType });

  const received = await receiveOne(client.createReceiver("orders"));
  expect(received._rawAmqpMessage.bodyType).toBe(bodyType);
  expect(received.body).toEqual(body);
});

test("a message without an id gets one, so that its lock can be renewed by the SDK", async () => {
  const { client } = await startBus({ queues: [aQueue("orders")] });

  await client.createSender("orders").sendMessages({ body: "a" });

  const { messageId } = await receiveOne(client.createReceiver("orders"));
  expect(messageId).toMatch(/^[0-9a-f]{32}$/);
});

test("a received message can be sent on as it is", async () => {
  const { client } = await startBus({ queues: [aQueue("a"), aQueue("b")] });
  await client.createSender("a").sendMessages({ body: "x", applicationProperties: { p: 1 } });
  const received = await receiveOne(client.createReceiver("a"));

  await client.createSender("b").sendMessages(received);

  const again = await receiveOne(client.createReceiver("b"));
  expect(again).toMatchObject({ body: "x", applicationProperties: { p: 1 }, deliveryCount: 0 });
});

test("a batch of 1,000 messages arrives whole and in order", async () => {
  const { client } = await startBus({ queues: [aQueue("orders")] });
  const sender = client.createSender("orders");
  const batch = await sender.createMessageBatch();
  const numbers = Array.from({ length: 1000 }, (_, index) => index);
  for (const number of numbers) {
    expect(batch.tryAddMessage({ body: number })).toBe(true);
  }

  await sender.sendMessages(batch);

  const received = await receive(client.createReceiver("orders"), 1000);
  expect(batch.maxSizeInBytes).toBe(MAX_MESSAGE_BYTES);
  expect(received.map(({ body }) => body)).toEqual(numbers);
});

test("messages of many senders at once all arrive, those of each sender in order", async () => {
  const { client } = await startBus({ queues: [aQueue("orders")] });
  const senders = ["a", "b", "c", "d"];

  await Promise.all(
    senders.map(async (name) => {
      const sender = client.createSender("orders");
      const sends = Array.from({ length: 100 }, (_, index) =>
        sender.sendMessages({ subject: name, body: index }),
      );
      await Promise.all(sends);
    }),
  );

  const received = await receive(client.createReceiver("orders"), 400);
  for (const name of senders) {
    const own = received.filter(({ subject }) => subject === name).map(({ body }) => body);
    expect(own).toEqual(Array.from({ length: 100 }, (_, index) => index));
  }
});

test("a message of nearly the largest size arrives in spite of the frames it takes", async () => {
  const { client } = await startBus({ queues: [aQueue("orders")] });
  const body = Buffer.alloc(260_000, "x");

  await client.createSender("orders").sendMessages({ body });

  expect(body.equals((await receiveOne(client.createReceiver("orders"))).body)).toBe(true);
});

test.each([[262_144], [1_048_576], [8_388_608]])(
  "a body of %s bytes is too large, and the link goes on",
  async (bytes) => {
    const { client } = await startBus({ queues: [aQueue("orders")] });
    const sender = client.createSender("orders");
    await sender.sendMessages({ body: "before" });

    expect(await codeOf(sender.sendMessages({ body: Buffer.alloc(bytes) }))).toBe(
      "MessageSizeExceeded",
    );
    await sender.sendMessages({ body: "after" });

    const received = await receive(client.createReceiver("orders"), 2);
    expect(received.map(({ body }) => body)).toEqual(["before", "after"]);
  },
);

test("of two messages sent in one go the good one is taken and the bad one refused", async () => {
  const { client, namespace } = await startBus({
    queues: [aQueue("imports", { requiresSession: true })],
  });
  const sender = client.createSender("imports");
  await sender.sendMessages({ body: "opens the link", sessionId: "A" });

  const [good, bad, last] = await Promise.allSettled([
    sender.sendMessages({ body: "good", sessionId: "A" }),
    sender.sendMessages({ body: "bad" }),
    sender.sendMessages({ body: "good", sessionId: "B" }),
  ]);

  expect([good.status, bad.status, last.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(namespace.store("imports").messages.size).toBe(3);
});

test.each([
  ["a missing queue", "nope", "MessagingEntityNotFound"],
  ["a queue that is disabled", "closed", "MessagingEntityDisabled"],
])("a sender to %s is refused", async (_what, name, code) => {
  const { client } = await startBus({ queues: [aQueue("closed", { status: "SendDisabled" })] });

  expect(await codeOf(client.createSender(name).sendMessages({ body: "a" }))).toBe(code);
});

test("a queue that goes away while a sender is open refuses by name", async () => {
  const { client, namespace } = await startBus({ queues: [aQueue("orders")] });
  const sender = client.createSender("orders");
  await sender.sendMessages({ body: "a" });

  namespace.queues.delete("orders");

  expect(await codeOf(sender.sendMessages({ body: "b" }))).toBe("MessagingEntityNotFound");
});

test("a topic gives every subscription its copy", async () => {
  const { client } = await startBus({
    topics: [aTopic("files", { subscriptions: [aSubscription("a"), aSubscription("b")] })],
  });

  await client.createSender("files").sendMessages({ body: "x" });

  for (const name of ["a", "b"]) {
    expect((await receiveOne(client.createReceiver("files", name))).body).toBe("x");
  }
});

test("a queue with duplicate detection takes a message id once", async () => {
  const { client, clock, namespace } = await startBus({
    queues: [
      aQueue("orders", { requiresDuplicateDetection: true, duplicateDetectionWindowMs: 20_000 }),
    ],
  });
  const sender = client.createSender("orders");
  const send = () => sender.sendMessages({ body: "a", messageId: "1" });

  await send();
  await send();
  expect(namespace.store("orders").messages.size).toBe(1);
  clock.advance(20_000);
  await send();
  expect(namespace.store("orders").messages.size).toBe(2);
});

test("a message forwarded from queue to queue tells where it was first", async () => {
  const { client } = await startBus({
    queues: [aQueue("in", { forwardTo: "out" }), aQueue("out")],
  });

  await client.createSender("in").sendMessages([{ body: "a" }, { body: "b" }]);

  const received = await receive(client.createReceiver("out"), 2);
  expect(received.map(({ body }) => body)).toEqual(["a", "b"]);
  expect(await codeOf(client.createReceiver("in").receiveMessages(1))).toBe("GeneralError");
});

import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { expect, test } from "vitest";
import { aQueue, LOCK_MS } from "./builders.ts";
import { eventually } from "./eventually.ts";
import { codeOf, connect, receive, receiveOne, startBus } from "./sdk.ts";

/** A queue with a receiver, and messages with these bodies. */
async function startQueue(bodies: readonly unknown[], over: Parameters<typeof aQueue>[1] = {}) {
  const bus = await startBus({ queues: [aQueue("orders", over)] });
  const sender = bus.client.createSender("orders");
  await sender.sendMessages(bodies.map((body) => ({ body })));
  const counts = () => bus.namespace.queues.get("orders")?.runtime.counts;
  return { ...bus, sender, receiver: bus.client.createReceiver("orders"), counts };
}

test("complete takes a message away", async () => {
  const { receiver, counts } = await startQueue(["a"]);

  await receiver.completeMessage(await receiveOne(receiver));

  expect(counts()).toMatchObject({ active: 0, deadLetter: 0 });
});

test("abandon brings a message back, one try later and with new properties", async () => {
  const { receiver } = await startQueue(["a"]);

  await receiver.abandonMessage(await receiveOne(receiver), { why: "again", tries: 1 });

  expect(await receiveOne(receiver)).toMatchObject({
    body: "a",
    deliveryCount: 1,
    applicationProperties: { why: "again", tries: 1 },
  });
});

test("dead-lettering keeps reason, description and properties", async () => {
  const { client, receiver, counts } = await startQueue(["a"]);
  const why = { deadLetterReason: "bad", deadLetterErrorDescription: "very" };

  await receiver.deadLetterMessage(await receiveOne(receiver), { ...why, field: "name" });

  expect(counts()).toMatchObject({ active: 0, deadLetter: 1 });
  const undertaker = client.createReceiver("orders", { subQueueType: "deadLetter" });
  const dead = await receiveOne(undertaker);
  expect(dead).toMatchObject({ body: "a", ...why, applicationProperties: { field: "name" } });
  await undertaker.completeMessage(dead);
  expect(counts()).toMatchObject({ deadLetter: 0 });
});

test("a lock that has run out is lost, and the message comes again", async () => {
  const { receiver, clock } = await startQueue(["a"]);
  const message = await receiveOne(receiver);

  clock.advance(LOCK_MS);

  expect(await codeOf(receiver.completeMessage(message))).toBe("MessageLockLost");
  expect(await codeOf(receiver.renewMessageLock(message))).toBe("MessageLockLost");
  expect(await receiveOne(receiver)).toMatchObject({ body: "a", deliveryCount: 1 });
});

test("a renewed lock lasts longer", async () => {
  const { receiver, clock, counts } = await startQueue(["a"]);
  const message = await receiveOne(receiver);
  clock.advance(LOCK_MS - 1);

  expect(await receiver.renewMessageLock(message)).toEqual(new Date(clock.now() + LOCK_MS));

  clock.advance(LOCK_MS - 1);
  await receiver.completeMessage(message);
  expect(counts()).toMatchObject({ active: 0 });
});

test("of two settlements in one go the one in time is done and the late one refused", async () => {
  const { receiver, clock, counts } = await startQueue(["late", "in time"]);
  const [late, inTime] = (await receive(receiver, 2)) as [
    ServiceBusReceivedMessage,
    ServiceBusReceivedMessage,
  ];
  clock.advance(LOCK_MS / 2);
  await receiver.renewMessageLock(inTime);
  clock.advance(LOCK_MS / 2);

  const codes = await Promise.all([
    codeOf(receiver.completeMessage(late)),
    codeOf(receiver.completeMessage(inTime)),
  ]);

  expect(codes).toEqual(["MessageLockLost", "no error"]);
  expect(counts()).toMatchObject({ active: 1 });
});

test("after its last try a message becomes a dead letter", async () => {
  const { client, receiver } = await startQueue(["a"], { maxDeliveryCount: 2 });

  await receiver.abandonMessage(await receiveOne(receiver));
  await receiver.abandonMessage(await receiveOne(receiver));

  const undertaker = client.createReceiver("orders", { subQueueType: "deadLetter" });
  expect((await receiveOne(undertaker)).deadLetterReason).toBe("MaxDeliveryCountExceeded");
});

test("a message whose time is over is gone, or a dead letter where the queue says so", async () => {
  const { client, clock, namespace } = await startBus({
    queues: [aQueue("forgets"), aQueue("keeps", { deadLetterOnExpiration: true })],
  });
  for (const name of ["forgets", "keeps"]) {
    await client.createSender(name).sendMessages({ body: "a", timeToLive: 1000 });
  }

  clock.advance(1000);

  const counts = namespace.queues.list().map(({ runtime }) => runtime.counts);
  expect(counts).toMatchObject([
    { active: 0, deadLetter: 0 },
    { active: 0, deadLetter: 1 },
  ]);
  const undertaker = client.createReceiver("keeps", { subQueueType: "deadLetter" });
  expect((await receiveOne(undertaker)).deadLetterReason).toBe("TTLExpiredException");
});

test("receive-and-delete leaves nothing behind", async () => {
  const { client, counts } = await startQueue(["a", "b"]);
  const receiver = client.createReceiver("orders", { receiveMode: "receiveAndDelete" });

  expect((await receive(receiver, 2)).map(({ body }) => body)).toEqual(["a", "b"]);
  expect(counts()).toMatchObject({ active: 0 });
});

test("peek sees what waits, page by page, and takes nothing", async () => {
  const { receiver, counts } = await startQueue(["a", "b", "c"]);

  const pages = [await receiver.peekMessages(2), await receiver.peekMessages(2)];

  expect(pages.map((page) => page.map(({ body }) => body))).toEqual([["a", "b"], ["c"]]);
  expect(await receiver.peekMessages(2)).toEqual([]);
  expect(counts()).toMatchObject({ active: 3 });
});

test("a receiver that asks for more than there is gets what there is, and its link goes on", async () => {
  const { receiver, sender, namespace } = await startQueue(["a", "b"]);
  const consumers = () =>
    [...namespace.store("orders").lanes.values()].flatMap((lane) => lane.consumers);

  const first = await receiver.receiveMessages(10, { maxWaitTimeInMs: 50 });
  const [consumer] = consumers();
  await sender.sendMessages({ body: "c" });
  const second = await receiveOne(receiver);

  expect(first.map(({ body }) => body)).toEqual(["a", "b"]);
  expect(second.body).toBe("c");
  expect(consumers()).toEqual([consumer]);
});

test("a receiver whose wait is over leaves no credit behind", async () => {
  const { receiver, sender, client } = await startQueue([]);
  expect(await receiver.receiveMessages(5, { maxWaitTimeInMs: 10 })).toEqual([]);

  await sender.sendMessages({ body: "for another" });

  expect((await receiveOne(client.createReceiver("orders"))).body).toBe("for another");
});

test("one receiver gets more messages than a session has slots for deliveries", async () => {
  const bodies = Array.from({ length: 3000 }, (_, index) => index);
  const { receiver, counts } = await startQueue(bodies);
  const received: unknown[] = [];

  while (received.length < bodies.length) {
    const messages = await receiver.receiveMessages(1000);
    received.push(...messages.map(({ body }) => body));
    await Promise.all(messages.map((message) => receiver.completeMessage(message)));
  }

  expect(received).toEqual(bodies);
  expect(counts()).toMatchObject({ active: 0 });
});

test("many subscribers of one queue get each message once", async () => {
  const bodies = Array.from({ length: 400 }, (_, index) => index);
  const { server, counts, sender } = await startQueue([]);
  const clients = [connect(server), connect(server), connect(server)];
  const received: unknown[] = [];
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const receivers = clients.flatMap((client) =>
    Array.from({ length: 5 }, () => client.createReceiver("orders")),
  );
  for (const receiver of receivers) {
    receiver.subscribe(
      {
        processMessage: async ({ body }) => {
          received.push(body);
          if (received.length === bodies.length) {
            resolve();
          }
        },
        processError: async ({ error }) => reject(error),
      },
      { maxConcurrentCalls: 7 },
    );
  }

  await sender.sendMessages(bodies.map((body) => ({ body })));
  await done;

  await eventually(counts).toMatchObject({ active: 0, deadLetter: 0 });
  expect(received.toSorted((left, right) => Number(left) - Number(right))).toEqual(bodies);
});

test("a subscriber whose handler throws gets the message again until it is a dead letter", async () => {
  const { receiver, counts } = await startQueue(["poison"], { maxDeliveryCount: 3 });
  const tries: unknown[] = [];
  const { promise: failed, resolve } = Promise.withResolvers<void>();

  receiver.subscribe({
    processMessage: async ({ deliveryCount }) => {
      tries.push(deliveryCount);
      throw new Error("poison");
    },
    processError: async ({ errorSource }) => {
      if (errorSource === "processMessageCallback" && tries.length === 3) {
        resolve();
      }
    },
  });
  await failed;

  await eventually(counts).toMatchObject({ active: 0, deadLetter: 1 });
  expect(tries).toEqual([0, 1, 2]);
});

test.each([
  ["a missing queue", "nope", "MessagingEntityNotFound"],
  ["a queue that is disabled", "closed", "MessagingEntityDisabled"],
  ["a queue with sessions", "sessions", "GeneralError"],
])("a receiver of %s is refused", async (_what, name, code) => {
  const { client } = await startBus({
    queues: [
      aQueue("closed", { status: "ReceiveDisabled" }),
      aQueue("sessions", { requiresSession: true }),
    ],
  });

  expect(await codeOf(client.createReceiver(name).receiveMessages(1))).toBe(code);
});

import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { expect, test } from "vitest";
import { aQueue } from "./builders.ts";
import { codeOf, receiveOne, startBus } from "./sdk.ts";

/** A queue with one message, and a receiver. */
async function startQueue() {
  const bus = await startBus({ queues: [aQueue("orders")] });
  await bus.client.createSender("orders").sendMessages({ body: "a" });
  const counts = () => bus.namespace.queues.get("orders")?.runtime.counts;
  return { ...bus, receiver: bus.client.createReceiver("orders"), counts };
}

test("a deferred message is received by its number, and settled", async () => {
  const { receiver, counts } = await startQueue();
  const message = await receiveOne(receiver);
  await receiver.deferMessage(message, { why: "later" });

  const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber as never);

  expect(deferred).toMatchObject({
    body: "a",
    state: "deferred",
    applicationProperties: { why: "later" },
  });
  await receiver.completeMessage(deferred as ServiceBusReceivedMessage);
  expect(counts()).toMatchObject({ active: 0 });
});

test.each(["abandon", "deadLetter", "defer"] as const)(
  "a deferred message can be settled by %s",
  async (how) => {
    const { receiver, counts } = await startQueue();
    const message = await receiveOne(receiver);
    await receiver.deferMessage(message);
    const numbers = message.sequenceNumber as never;
    const [deferred] = await receiver.receiveDeferredMessages(numbers);

    const settleBy = {
      abandon: receiver.abandonMessage,
      deadLetter: receiver.deadLetterMessage,
      defer: receiver.deferMessage,
    }[how];
    await settleBy.call(receiver, deferred as ServiceBusReceivedMessage, { a: "b" } as never);

    expect(counts()).toMatchObject({ deadLetter: how === "deadLetter" ? 1 : 0 });
    if (how !== "deadLetter") {
      const [again] = await receiver.receiveDeferredMessages(numbers);
      expect(again?.applicationProperties).toEqual({ a: "b" });
    }
  },
);

test("a deferred message can be received and deleted in one", async () => {
  const { client, receiver, counts } = await startQueue();
  const message = await receiveOne(receiver);
  await receiver.deferMessage(message);
  const deleting = client.createReceiver("orders", { receiveMode: "receiveAndDelete" });

  const [deferred] = await deleting.receiveDeferredMessages(message.sequenceNumber as never);

  expect(deferred?.body).toBe("a");
  expect(counts()).toMatchObject({ active: 0 });
});

test("a message that is not deferred is not received by its number", async () => {
  const { receiver } = await startQueue();
  const [message] = await receiver.peekMessages(1);

  expect(await codeOf(receiver.receiveDeferredMessages(message?.sequenceNumber as never))).toBe(
    "MessageNotFound",
  );
});

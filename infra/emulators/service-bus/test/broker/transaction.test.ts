import { expect, test } from "vitest";
import { addConsumer } from "../../src/broker/delivery.ts";
import { settle } from "../../src/broker/settlement.ts";
import {
  commit,
  createTransaction,
  rollBack,
  sendIn,
  settleIn,
} from "../../src/broker/transaction.ts";
import { aConsumer, aMessage, aNamespace, aQueue, LOCK_MS } from "../builders.ts";

const COMPLETE = { kind: "complete" } as const;

/** Two queues, and a transaction that completes the one message of the first and sends to the second. */
function aTransaction() {
  const { namespace, clock } = aNamespace({ queues: [aQueue("orders"), aQueue("shipments")] });
  const [orders, shipments] = [namespace.store("orders"), namespace.store("shipments")];
  const consumer = aConsumer({ wants: 1 });
  addConsumer(orders, consumer);
  namespace.publish("orders", [aMessage()]);
  const lockToken = consumer.taken[0]?.lockToken ?? "";
  const transaction = createTransaction();
  settleIn(transaction, { store: orders, lockToken, outcome: COMPLETE });
  sendIn(transaction, namespace, { address: "shipments", messages: [aMessage()] });
  const sizes = () => [orders.messages.size, shipments.messages.size];
  return { namespace, clock, orders, lockToken, transaction, sizes };
}

test("a transaction shows nothing until it commits, and then all", () => {
  const { namespace, transaction, sizes } = aTransaction();
  expect(sizes()).toEqual([1, 0]);

  commit(transaction, namespace);

  expect(sizes()).toEqual([0, 1]);
});

test("a transaction that is rolled back leaves its message locked and settleable", () => {
  const { namespace, transaction, orders, lockToken, sizes } = aTransaction();

  rollBack(transaction);

  expect(sizes()).toEqual([1, 0]);
  settle(orders, lockToken, COMPLETE);
  commit(transaction, namespace);
  expect(sizes()).toEqual([0, 0]);
});

test("nobody else settles a message that a transaction settles", () => {
  const { transaction, orders, lockToken } = aTransaction();
  const refused = expect.objectContaining({ code: "not-allowed" });

  expect(() => settle(orders, lockToken, COMPLETE)).toThrow(refused);
  expect(() => settleIn(transaction, { store: orders, lockToken, outcome: COMPLETE })).toThrow(
    refused,
  );
});

test.each([
  ["a lock has run out", ({ clock }: ReturnType<typeof aTransaction>) => clock.advance(LOCK_MS)],
  [
    "an entity is gone",
    ({ namespace }: ReturnType<typeof aTransaction>) => namespace.queues.delete("shipments"),
  ],
  [
    "an entity is closed for sending",
    ({ namespace }: ReturnType<typeof aTransaction>) =>
      void namespace.queues.update(aQueue("shipments", { status: "SendDisabled" })),
  ],
])("nothing of a transaction is done when %s before it commits", (_what, happens) => {
  const world = aTransaction();
  happens(world);

  expect(() => commit(world.transaction, world.namespace)).toThrow(
    expect.objectContaining({ code: "transaction-rolled-back" }),
  );

  expect(world.sizes()).toEqual([1, 0]);
});

test("what an entity does not take is refused when it is sent, not at the end", () => {
  const { namespace } = aNamespace({ queues: [aQueue("imports", { requiresSession: true })] });
  const transaction = createTransaction();

  expect(() =>
    sendIn(transaction, namespace, { address: "imports", messages: [aMessage()] }),
  ).toThrow(expect.objectContaining({ code: "not-allowed" }));
});

import { expect, test } from "vitest";
import { aQueue, aSubscription, aTopic } from "./builders.ts";
import { eventually } from "./eventually.ts";
import { codeOf, connect, receiveOne, startBus } from "./sdk.ts";

const RETRIES = { maxRetries: 20 };

test("clients come back after all connections were cut, and no message is lost", async () => {
  const { server, namespace } = await startBus({ queues: [aQueue("orders")] });
  // A send that is under way when the connection is cut is tried again when its time is over.
  const client = connect(server, { ...RETRIES, timeoutInMs: 1000 });
  const sender = client.createSender("orders");
  const seen = new Set<unknown>();
  const waiting = new Map<unknown, () => void>();
  const arrives = (body: unknown) =>
    new Promise<void>((resolve) => (seen.has(body) ? resolve() : waiting.set(body, resolve)));
  const receiver = client.createReceiver("orders");
  receiver.subscribe({
    processMessage: async ({ body }) => {
      seen.add(body);
      waiting.get(body)?.();
    },
    processError: async () => undefined,
  });
  await sender.sendMessages({ body: "before" });
  await arrives("before");
  await eventually(() => namespace.store("orders").messages.size).toBe(0);

  expect(server.faults.dropConnections()).toBe(1);
  await sender.sendMessages({ body: "after" });
  await arrives("after");

  await eventually(() => namespace.store("orders").messages.size).toBe(0);
});

test("the connections of one entity are cut, the others stay", async () => {
  const { server, namespace } = await startBus({
    queues: [aQueue("orders")],
    topics: [aTopic("files", { subscriptions: [aSubscription("s")] })],
  });
  const one = connect(server);
  const other = connect(server, { ...RETRIES, timeoutInMs: 1000 });
  const consumers = (address: string) =>
    [...namespace.store(address).lanes.values()].flatMap((lane) => lane.consumers);
  await one.createReceiver("orders").receiveMessages(1, { maxWaitTimeInMs: 1 });
  await other.createReceiver("files", "s").receiveMessages(1, { maxWaitTimeInMs: 1 });

  expect(server.faults.dropConnectionsOf("FILES/subscriptions/s")).toBe(1);

  await eventually(() => consumers("files/Subscriptions/s")).toEqual([]);
  expect(consumers("orders")).toHaveLength(1);
  expect(server.faults.dropConnectionsOf("nobody is here")).toBe(0);
  // The SDK waits a minute when it closes a connection that it does not yet know to be cut.
  expect(await other.createReceiver("orders").peekMessages(1)).toEqual([]);
});

test("what a cut connection held comes again after the lock's time", async () => {
  const { server, client, clock } = await startBus({ queues: [aQueue("orders")] });
  const other = connect(server);
  await client.createSender("orders").sendMessages({ body: "a" });
  await receiveOne(other.createReceiver("orders"));
  server.faults.dropConnections();

  clock.advance(60_000);

  const again = connect(server, RETRIES).createReceiver("orders");
  expect(await receiveOne(again)).toMatchObject({ body: "a", deliveryCount: 1 });
});

test("a session whose connection is cut is free at once", async () => {
  const { server, namespace } = await startBus({
    queues: [aQueue("imports", { requiresSession: true })],
  });
  const [one, other] = [connect(server), connect(server)];
  await other.acceptSession("imports", "A");

  server.faults.dropConnections();

  await eventually(() => namespace.store("imports").lanes.size).toBe(0);
  expect((await one.acceptSession("imports", "A")).sessionId).toBe("A");
});

test("locks that are lost are refused, and the messages come again", async () => {
  const { server, client } = await startBus({ queues: [aQueue("orders")] });
  await client.createSender("orders").sendMessages([{ body: "a" }]);
  const receiver = client.createReceiver("orders");
  const message = await receiveOne(receiver);

  expect(server.faults.loseLocks("orders")).toBe(1);

  expect(await codeOf(receiver.completeMessage(message))).toBe("MessageLockLost");
  expect(await receiveOne(receiver)).toMatchObject({ body: "a", deliveryCount: 1 });
});

test("a session lock that is lost ends its receiver", async () => {
  const { server, client } = await startBus({
    queues: [aQueue("imports", { requiresSession: true })],
  });
  await client.createSender("imports").sendMessages({ body: "a", sessionId: "A" });
  const receiver = await client.acceptSession("imports", "A");
  await receiveOne(receiver);

  expect(server.faults.loseLocks("imports")).toBe(2);

  await eventually(() => receiver.isClosed).toBe(true);
  const next = await client.acceptSession("imports", "A");
  expect(await receiveOne(next)).toMatchObject({ body: "a", deliveryCount: 1 });
});

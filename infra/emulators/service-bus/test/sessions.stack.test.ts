import type { ServiceBusReceivedMessage, ServiceBusSessionReceiver } from "@azure/service-bus";
import { expect, test } from "vitest";
import { aQueue, aSubscription, aTopic, LOCK_MS } from "./builders.ts";
import { eventually } from "./eventually.ts";
import { connectRaw } from "./raw-client.ts";
import { codeOf, connect, receive, receiveOne, startBus } from "./sdk.ts";

/** A queue with sessions, and one message for each of these session ids; bodies count from 1. */
async function startSessions(...sessionIds: string[]) {
  const bus = await startBus({ queues: [aQueue("imports", { requiresSession: true })] });
  const sender = bus.client.createSender("imports");
  await sender.sendMessages(sessionIds.map((sessionId, index) => ({ sessionId, body: index + 1 })));
  return { ...bus, sender };
}

async function bodies(receiver: ServiceBusSessionReceiver, count: number): Promise<unknown[]> {
  return (await receive(receiver, count)).map(({ body }) => body);
}

test("a named session gives its own messages, in order", async () => {
  const { client, clock } = await startSessions("A", "B", "A", "A");

  const receiver = await client.acceptSession("imports", "A");

  expect(receiver.sessionId).toBe("A");
  expect(receiver.sessionLockedUntilUtc).toEqual(new Date(clock.now() + LOCK_MS));
  expect(await bodies(receiver, 3)).toEqual([1, 3, 4]);
});

test("the next session is one that nobody holds", async () => {
  const { client } = await startSessions("A", "B");

  const first = await client.acceptNextSession("imports");
  const second = await client.acceptNextSession("imports");

  expect([first.sessionId, second.sessionId]).toEqual(["A", "B"]);
});

test("who asks for the next session waits until there is one", async () => {
  const { client, sender, namespace } = await startSessions();

  const waiting = client.acceptNextSession("imports");
  await eventually(() => namespace.store("imports").sessionWaiters.size).toBe(1);
  await sender.sendMessages({ sessionId: "late", body: "x" });

  const receiver = await waiting;
  expect(receiver.sessionId).toBe("late");
  expect(await bodies(receiver, 1)).toEqual(["x"]);
});

test("who asks for the next session and gets none in time is told so", async () => {
  const { server, namespace } = await startSessions();
  const client = connect(server, { timeoutInMs: 100 });

  expect(await codeOf(client.acceptNextSession("imports"))).toBe("ServiceTimeout");

  expect(namespace.store("imports").sessionWaiters.size).toBe(0);
});

test("a client that goes away while it waits for a session leaves the next one to others", async () => {
  const { client, server, sender, namespace } = await startSessions();
  const waiters = () => namespace.store("imports").sessionWaiters.size;
  const filter = { "com.microsoft:session-filter": null };
  const other = connectRaw(server);
  other.open_receiver({ source: { address: "imports", filter } });
  await eventually(waiters).toBe(1);

  other.close();
  await eventually(waiters).toBe(0);

  await sender.sendMessages({ sessionId: "A", body: 1 });
  expect((await client.acceptNextSession("imports")).sessionId).toBe("A");
});

test("a session that is held cannot be accepted", async () => {
  const { client } = await startSessions("A");
  await client.acceptSession("imports", "A");

  expect(await codeOf(client.acceptSession("imports", "A"))).toBe("SessionCannotBeLocked");
});

test("a session that is given up goes on in its order", async () => {
  const { client } = await startSessions("A", "A", "A");
  const first = await client.acceptSession("imports", "A");
  const [done] = await receive(first, 3);
  await first.completeMessage(done as ServiceBusReceivedMessage);
  await first.close();

  const second = await client.acceptNextSession("imports");

  const received = await receive(second, 2);
  expect(received.map(({ body, deliveryCount }) => [body, deliveryCount])).toEqual([
    [2, 0],
    [3, 0],
  ]);
});

test("an abandoned message of a session comes before those behind it", async () => {
  const { client } = await startSessions("A", "A", "A");
  const receiver = await client.acceptSession("imports", "A");
  const seen: unknown[] = [];

  await receiver.abandonMessage(await receiveOne(receiver));
  for (const _each of [1, 2, 3]) {
    const message = await receiveOne(receiver);
    seen.push(message.body);
    await receiver.completeMessage(message);
  }

  expect(seen).toEqual([1, 2, 3]);
});

test("a session keeps its state from holder to holder", async () => {
  const { client } = await startSessions("A");
  const first = await client.acceptSession("imports", "A");
  expect(await first.getSessionState()).toBeNull();
  await first.setSessionState({ line: 42 });
  await first.close();

  const second = await client.acceptSession("imports", "A");

  expect(await second.getSessionState()).toEqual({ line: 42 });
});

test("a renewed session keeps its messages locked", async () => {
  const { client, clock, namespace } = await startSessions("A");
  const receiver = await client.acceptSession("imports", "A");
  const message = await receiveOne(receiver);
  clock.advance(LOCK_MS - 1);

  expect(await receiver.renewSessionLock()).toEqual(new Date(clock.now() + LOCK_MS));
  clock.advance(LOCK_MS - 1);

  await receiver.completeMessage(message);
  expect(namespace.store("imports").messages.size).toBe(0);
});

test("a session whose lock has run out is lost, and its messages come again to the next", async () => {
  const { client, clock } = await startSessions("A", "A");
  const first = await client.acceptSession("imports", "A");
  const [message] = await receive(first, 2);

  clock.advance(LOCK_MS);
  await eventually(() => first.isClosed).toBe(true);

  expect(await codeOf(first.completeMessage(message as ServiceBusReceivedMessage))).toBe(
    "SessionLockLost",
  );
  const second = await client.acceptSession("imports", "A");
  const received = await receive(second, 2);
  expect(received.map(({ body, deliveryCount }) => [body, deliveryCount])).toEqual([
    [1, 1],
    [2, 1],
  ]);
});

test("a session whose lock has run out cannot be renewed nor its state be set", async () => {
  const { client, clock } = await startSessions("A");
  const receiver = await client.acceptSession("imports", "A");

  clock.advance(LOCK_MS);

  expect(await codeOf(receiver.renewSessionLock())).toBe("SessionLockLost");
  expect(await codeOf(receiver.setSessionState("x"))).toBe("SessionLockLost");
});

test("deferred messages of a session are received by its holder", async () => {
  const { client, namespace } = await startSessions("A", "A");
  const receiver = await client.acceptSession("imports", "A");
  const [message] = await receive(receiver, 2);
  await receiver.deferMessage(message as ServiceBusReceivedMessage);

  const [deferred] = await receiver.receiveDeferredMessages(message?.sequenceNumber as never);

  await receiver.completeMessage(deferred as ServiceBusReceivedMessage);
  expect(namespace.store("imports").messages.size).toBe(1);
});

test("peek of a session sees its messages only", async () => {
  const { client } = await startSessions("A", "B", "A");
  const receiver = await client.acceptSession("imports", "A");

  expect((await receiver.peekMessages(10)).map(({ body }) => body)).toEqual([1, 3]);
});

test("sessions by subscription come in order while several are worked on at once", async () => {
  const { client } = await startBus({
    topics: [aTopic("files", { subscriptions: [aSubscription("s", { requiresSession: true })] })],
  });
  const sessionIds = ["a", "b", "c", "d"];
  const numbers = Array.from({ length: 25 }, (_, index) => index);
  await client
    .createSender("files")
    .sendMessages(numbers.flatMap((body) => sessionIds.map((sessionId) => ({ sessionId, body }))));

  const work = sessionIds.map(async () => {
    const receiver = await client.acceptNextSession("files", "s");
    const seen: unknown[] = [];
    while (seen.length < numbers.length) {
      const message = await receiveOne(receiver);
      seen.push(message.body);
      await receiver.completeMessage(message);
    }
    return { id: receiver.sessionId, seen };
  });

  const done = await Promise.all(work);
  expect(done.map(({ id }) => id).toSorted()).toEqual(sessionIds);
  expect(done.map(({ seen }) => seen)).toEqual(sessionIds.map(() => numbers));
});

test("a session receiver of a queue without sessions is refused", async () => {
  const { client } = await startBus({ queues: [aQueue("orders")] });

  expect(await codeOf(client.acceptNextSession("orders"))).toBe("GeneralError");
});

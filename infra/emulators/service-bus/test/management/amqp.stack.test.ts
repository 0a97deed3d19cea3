import rhea from "rhea";
import { expect, test } from "vitest";
import { aQueue, aSubscription, aTopic } from "../builders.ts";
import { ask, connectRaw } from "../raw-client.ts";
import { codeOf, receive, receiveOne, startBus } from "../sdk.ts";
import { all } from "./admin-client.ts";

const HOUR_MS = 3_600_000;

test("scheduled messages are seen as such, and come at their time", async () => {
  const { client, clock } = await startBus({ queues: [aQueue("orders")] });
  const sender = client.createSender("orders");
  const receiver = client.createReceiver("orders");
  const due = new Date(clock.now() + HOUR_MS);

  const numbers = await sender.scheduleMessages([{ body: "a" }, { body: "b" }], due);

  const peeked = await receiver.peekMessages(10);
  expect(
    peeked.map(({ state, scheduledEnqueueTimeUtc }) => [state, scheduledEnqueueTimeUtc]),
  ).toEqual([
    ["scheduled", due],
    ["scheduled", due],
  ]);
  expect(peeked.map(({ sequenceNumber }) => sequenceNumber)).toEqual(numbers);
  clock.advance(HOUR_MS);
  const received = await receive(receiver, 2);
  expect(
    received.map(({ body, state, enqueuedTimeUtc }) => [body, state, enqueuedTimeUtc]),
  ).toEqual([
    ["a", "scheduled", due],
    ["b", "scheduled", due],
  ]);
});

test("a message sent with a time to come is scheduled too", async () => {
  const { client, clock, namespace } = await startBus({ queues: [aQueue("orders")] });
  const due = new Date(clock.now() + HOUR_MS);

  await client.createSender("orders").sendMessages({ body: "a", scheduledEnqueueTimeUtc: due });

  expect(namespace.queues.get("orders")?.runtime.counts).toMatchObject({ active: 0, scheduled: 1 });
});

test("scheduled messages are cancelled by their numbers", async () => {
  const { client, clock, namespace } = await startBus({
    topics: [aTopic("files", { subscriptions: [aSubscription("s")] })],
  });
  const sender = client.createSender("files");
  const numbers = await sender.scheduleMessages(
    [{ body: "a" }, { body: "b" }],
    new Date(clock.now() + HOUR_MS),
  );

  await sender.cancelScheduledMessages(numbers[0] as never);

  expect(await codeOf(sender.cancelScheduledMessages(numbers))).toBe("MessageNotFound");
  clock.advance(HOUR_MS);
  expect(namespace.store("files/Subscriptions/s").messages.size).toBe(1);
  expect((await receiveOne(client.createReceiver("files", "s"))).body).toBe("b");
});

test("a message that is too large is not scheduled", async () => {
  const { client, clock } = await startBus({ queues: [aQueue("orders")] });
  const sender = client.createSender("orders");
  await sender.sendMessages({ body: "opens the link" });
  const later = new Date(clock.now() + HOUR_MS);

  expect(await codeOf(sender.scheduleMessages({ body: Buffer.alloc(300_000) }, later))).toBe(
    "MessageSizeExceeded",
  );
});

test("the rule manager makes, lists and deletes rules, which route from then on", async () => {
  const { client, namespace } = await startBus({
    topics: [aTopic("files", { subscriptions: [aSubscription("s")] })],
  });
  const rules = client.createRuleManager("files", "s");

  await rules.createRule(
    "correlation",
    { subject: "a", applicationProperties: { kind: "x", size: 5, yes: true } },
    { sqlExpression: "SET seen = 1" },
  );
  await rules.createRule("sql", { sqlExpression: "kind LIKE 'y%'" });
  await rules.deleteRule("$Default");

  expect(await all(rules.listRules())).toMatchObject([
    {
      name: "correlation",
      filter: { subject: "a", applicationProperties: { kind: "x", size: 5, yes: true } },
      action: { sqlExpression: "SET seen = 1" },
    },
    { name: "sql", filter: { sqlExpression: "kind LIKE 'y%'" }, action: {} },
  ]);
  await client.createSender("files").sendMessages([
    { body: 1, subject: "a", applicationProperties: { kind: "x", size: 5, yes: true } },
    { body: 2, subject: "a", applicationProperties: { kind: "x", size: 6, yes: true } },
    { body: 3, applicationProperties: { kind: "yes" } },
  ]);
  const received = await receive(client.createReceiver("files", "s"), 2);
  expect(
    received.map(({ body, applicationProperties }) => [body, applicationProperties?.seen]),
  ).toEqual([
    [1, 1],
    [3, undefined],
  ]);
  expect(namespace.store("files/Subscriptions/s").messages.size).toBe(2);
});

test("the rule manager sees true and false as SQL", async () => {
  const { client, namespace } = await startBus({
    topics: [aTopic("files", { subscriptions: [aSubscription("s")] })],
  });
  namespace.rules("files", "s").create({ name: "no", filter: { kind: "false" }, action: null });

  const listed = await all(client.createRuleManager("files", "s").listRules());

  expect(listed.map(({ filter }) => filter)).toEqual([
    { sqlExpression: "1=1" },
    { sqlExpression: "1=0" },
  ]);
});

test.each([
  ["an operation that is not there", "com.microsoft:nonsense", {}, 501, "amqp:not-implemented"],
  [
    "a body without its fields",
    "com.microsoft:peek-message",
    {},
    400,
    "com.microsoft:argument-error",
  ],
  [
    "a body that is not a map",
    "com.microsoft:renew-lock",
    "text",
    400,
    "com.microsoft:argument-error",
  ],
  [
    "rules of a queue",
    "com.microsoft:enumerate-rules",
    { top: 1, skip: 0 },
    403,
    "amqp:not-allowed",
  ],
])("$management refuses %s", async (...row) => {
  const [, operation, body, statusCode, errorCondition] = row;
  const { server } = await startBus({ queues: [aQueue("orders")] });
  const connection = connectRaw(server);

  const answer = await ask(connection, "orders/$management", { operation, body });

  expect(answer.application_properties).toMatchObject({ statusCode, errorCondition });
});

test("$management lists the sessions of an entity, page by page", async () => {
  const { client, server } = await startBus({
    queues: [aQueue("imports", { requiresSession: true })],
  });
  await client
    .createSender("imports")
    .sendMessages(["a", "b", "c"].map((sessionId) => ({ sessionId, body: "" })));
  const page = (skip: number) => ({
    operation: "com.microsoft:get-message-sessions",
    body: { skip: rhea.types.wrap_int(skip), top: rhea.types.wrap_int(2) },
  });
  const connection = connectRaw(server);

  const first = await ask(connection, "imports/$management", page(0));
  const second = await ask(connection, "imports/$management", page(2));
  const third = await ask(connection, "imports/$management", page(3));

  expect(first.body["sessions-ids"]).toEqual(["a", "b"]);
  expect(second.body["sessions-ids"]).toEqual(["c"]);
  expect(third.application_properties?.statusCode).toBe(204);
});

test("$management lists the sessions whose state was set since a time", async () => {
  const { client, server, clock } = await startBus({
    queues: [aQueue("imports", { requiresSession: true })],
  });
  await client.createSender("imports").sendMessages({ sessionId: "no state", body: "" });
  const setState = async (sessionId: string) => {
    const session = await client.acceptSession("imports", sessionId);
    await session.setSessionState("state");
    await session.close();
  };
  const connection = connectRaw(server);
  const listSince = async (ms: number) => {
    const answer = await ask(connection, "imports/$management", {
      operation: "com.microsoft:get-message-sessions",
      body: {
        "last-updated-time": rhea.types.wrap_timestamp(ms),
        skip: rhea.types.wrap_int(0),
        top: rhea.types.wrap_int(10),
      },
    });
    return [answer.application_properties?.statusCode, answer.body["sessions-ids"]];
  };

  await setState("early");
  clock.advance(HOUR_MS);
  await setState("late");

  const now = clock.now();
  expect(await listSince(now - HOUR_MS)).toEqual([200, ["early", "late"]]);
  expect(await listSince(now)).toEqual([200, ["late"]]);
  expect(await listSince(now + 1)).toEqual([204, undefined]);
  expect(await listSince(Date.UTC(9999, 11, 31, 23, 59, 59, 999))).toEqual([
    200,
    ["no state", "early", "late"],
  ]);
});

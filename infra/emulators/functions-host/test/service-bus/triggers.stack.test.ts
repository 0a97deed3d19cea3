import { randomUUID } from "node:crypto";
import { ServiceBusClient, type ServiceBusMessage } from "@azure/service-bus";
import { type ServiceBusServer, startServiceBus } from "service-bus-emulator";
import { parseConfig } from "service-bus-emulator/config";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../start-app.ts";

const queue = (name: string, properties: Record<string, unknown> = {}) => ({
  Name: name,
  Properties: { LockDuration: "PT30S", MaxDeliveryCount: 3, ...properties },
});

const CONFIG = {
  UserConfig: {
    Namespaces: [
      {
        Name: "sbemulatorns",
        Queues: [
          ...["one", "fails", "concurrent"].map((name) => queue(name)),
          queue("atOnce", { MaxDeliveryCount: 1 }),
          queue("sessions", { RequiresSession: true }),
        ],
        Topics: [{ Name: "events", Subscriptions: [queue("all")] }],
      },
    ],
  },
};

let broker: ServiceBusServer;
let client: ServiceBusClient;
let app: TestApp;

beforeAll(async () => {
  broker = await startServiceBus({ config: parseConfig(JSON.stringify(CONFIG)) });
  client = new ServiceBusClient(broker.connectionString);
  app = await startTestApp("messages.ts", {
    settings: { Bus: broker.connectionString, OneQueue: "one" },
    hostJson: {
      extensions: {
        serviceBus: {
          maxConcurrentCalls: 4,
          maxConcurrentSessions: 2,
          sessionIdleTimeout: "00:00:00.5",
          clientRetryOptions: { mode: "fixed", delay: "00:00:00.1" },
        },
      },
    },
  });
});

afterAll(async () => {
  expect(await app.stop()).toBe(0);
  await client.close();
  await broker.stop();
});

async function send(entity: string, ...messages: ServiceBusMessage[]) {
  const sender = client.createSender(entity);
  await sender.sendMessages(messages);
  await sender.close();
}

/** Messages with that mark that a function of the sample app has reported. */
async function told(functionName: string, mark = "") {
  const { message } = await app.line(`${functionName} {"message":${JSON.stringify(mark)}`);
  return JSON.parse(message.slice(functionName.length));
}

const activeCount = (name: string) =>
  broker.namespace.queues.get(name)?.runtime.counts.active ?? -1;
const deadCount = (name: string) =>
  broker.namespace.queues.get(name)?.runtime.counts.deadLetter ?? -1;

test("a message reaches its function with its metadata, and is completed", async () => {
  const mark = randomUUID();
  await send("one", {
    body: mark,
    messageId: "m-1",
    correlationId: "c-1",
    contentType: "text/plain",
    subject: "s",
    to: "t",
    replyTo: "r",
    applicationProperties: { TenantId: "x", Count: 2 },
  });

  const { metadata, type } = await told("one", mark);

  expect(type).toBe("string");
  expect(metadata).toMatchObject({
    messageId: "m-1",
    correlationId: "c-1",
    contentType: "text/plain",
    subject: "s",
    label: "s",
    to: "t",
    replyTo: "r",
    deliveryCount: 1,
    sequenceNumber: expect.any(Number),
    lockToken: expect.stringMatching(/^[\da-f-]{36}$/),
    enqueuedTimeUtc: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/),
    enqueuedTime: expect.stringMatching(/\+00:00$/),
    expiresAtUtc: expect.any(String),
    applicationProperties: { tenantId: "x", count: 2 },
    userProperties: { tenantId: "x", count: 2 },
  });
  expect(metadata).not.toHaveProperty("sessionId");
  await expect.poll(() => activeCount("one")).toBe(0);
});

test("members of a JSON body stand in the metadata, over the message's own", async () => {
  await send("one", {
    body: { messageId: "forged", extra: "7", deep: { A: 1 } },
    messageId: "true",
  });
  const { message } = await app.line('"forged"');

  expect(JSON.parse(message.slice(4)).metadata).toMatchObject({
    messageId: "forged",
    extra: 7,
    deep: { a: 1 },
  });
});

test("a text that is JSON arrives parsed", async () => {
  await send("one", { body: Buffer.from("50061") });

  await app.line('one {"message":50061,"type":"number"');
});

test("a failed message comes again with a higher count, and is buried in the end", async () => {
  await send("fails", { body: { id: 1, failures: 1 } }, { body: { id: 2, failures: 9 } });

  await app.line('fails {"id":1,"deliveryCount":2}');
  await app.line('fails {"id":2,"deliveryCount":3}');
  await expect.poll(() => [activeCount("fails"), deadCount("fails")]).toEqual([0, 1]);
});

test("messages that end in the same moment are each settled by their own outcome", async () => {
  const messages = Array.from({ length: 40 }, (_, id) => ({ body: { id, isBad: id % 2 === 0 } }));
  await send("atOnce", ...messages);

  await expect.poll(() => activeCount("atOnce"), { timeout: 10_000 }).toBe(0);
  expect(deadCount("atOnce")).toBe(20);
});

test("sessions go one message at a time and in order, several at once", async () => {
  const ids = ["a", "b", "c"];
  const messages = ids.flatMap((sessionId) =>
    [1, 2, 3].map((step) => ({ sessionId, body: { step } })),
  );
  await send("sessions", ...messages);
  await Promise.all(ids.map((id) => app.line(`sessions {"sessionId":"${id}","step":3`)));
  const steps = app.log
    .filter(({ message }) => message.startsWith("sessions "))
    .map(({ message }) => JSON.parse(message.slice(9)));

  for (const id of ids) {
    expect(steps.filter(({ sessionId }) => sessionId === id).map(({ step }) => step)).toEqual([
      1, 2, 3,
    ]);
  }
  expect(Math.max(...steps.map(({ mostRunning }) => mostRunning))).toBeLessThanOrEqual(2);
  await expect.poll(() => activeCount("sessions")).toBe(0);
});

test("a topic's subscription reaches its function", async () => {
  await send("events", { body: "news", applicationProperties: { blobType: "Shop.ItemChanges" } });

  await app.line('topic {"message":"news","properties":{"blobType":"Shop.ItemChanges"}}');
});

test("a function is run by hand with a text for a message", async () => {
  const input = JSON.stringify({ input: "by hand" });
  await fetch(`${app.url}/admin/functions/one`, { method: "POST", body: input });

  await app.line('one {"message":"by hand"');
});

test("listeners of all kinds come back after the connection is cut", async () => {
  const mark = randomUUID();
  expect(broker.faults.dropConnectionsOf("one")).toBe(1);
  await send("one", { body: mark });
  await send("sessions", { sessionId: mark, body: { step: 1 } });

  await told("one", mark);
  await app.line(`sessions {"sessionId":"${mark}"`);
}, 20_000);

test("stop lets messages under way end, up to the limit of calls at a time", async () => {
  await send("concurrent", ...Array.from({ length: 6 }, () => ({ body: "x" })));
  const lines = (text: string) => app.log.filter(({ message }) => message === text).length;
  await expect.poll(() => lines('concurrent "began"')).toBe(4);
  const code = app.stop();
  app.child.send({ type: "release" });

  expect(await code).toBe(0);
  expect(lines('concurrent "ended"')).toBe(lines('concurrent "began"'));
  await expect.poll(() => activeCount("concurrent")).toBe(6 - lines('concurrent "ended"'));
});

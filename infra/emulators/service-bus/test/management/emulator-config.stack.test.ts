import { readFileSync } from "node:fs";
import type { ServiceBusMessage } from "@azure/service-bus";
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config.ts";
import { all } from "./admin-client.ts";
import { type Broker, startBroker, take } from "./broker.ts";

const sample = readFileSync(new URL("../emulator-config.jsonc", import.meta.url), "utf8");

const start = () => startBroker(parseConfig(sample, { strict: true }));

const MIB = 1024 * 1024;

const messages: readonly ServiceBusMessage[] = [
  {
    messageId: "items-north",
    subject: "Shop.ItemChanges",
    applicationProperties: { region: "north", version: 2, final: true, bytes: 10 },
  },
  {
    messageId: "items-north-draft",
    subject: "Shop.ItemChanges",
    applicationProperties: { region: "north", version: 2, final: false },
  },
  {
    messageId: "m-north",
    subject: "Shop.Prices",
    contentType: "text/csv",
    correlationId: "run-1",
    replyTo: "failed",
    replyToSessionId: "s-2",
    sessionId: "s-1",
    to: "north",
  },
  {
    messageId: "large",
    subject: "Shop.Stock",
    applicationProperties: { region: "south", bytes: 2 * MIB },
  },
  {
    messageId: "large-test",
    subject: "Shop.Stock",
    applicationProperties: { region: "test", bytes: 2 * MIB },
  },
  {
    messageId: "urgent-prices",
    subject: "Shop.Prices",
    to: "urgent-south",
    applicationProperties: { region: "south", bytes: 5 },
  },
].map((message) => ({ sessionId: "s", body: "", ...message }));

async function sendAll({ client }: Broker) {
  await client.createSender("file-available").sendMessages([...messages]);
}

const active = ({ server }: Broker, subscription: string) =>
  server.namespace.subscriptions("file-available").get(subscription)?.runtime.counts.active;

const idsOf = (list: readonly { messageId?: unknown }[]) => list.map(({ messageId }) => messageId);

test("the sample's topic sends each message where its rules say", async () => {
  const broker = await start();

  await sendAll(broker);

  expect(active(broker, "fan-out")).toBe(messages.length);
  expect(active(broker, "north")).toBe(2);
  const north = await take(broker.client.createReceiver("file-available", "north"), 2);
  expect(idsOf(north)).toEqual(["items-north", "m-north"]);
  const fanOut = await take(broker.client.createReceiver("file-available", "fan-out"), 6);
  expect(idsOf(fanOut)).toEqual(idsOf(messages));
});

test("the sample's SQL rule chooses, edits and orders by session", async () => {
  const broker = await start();

  await sendAll(broker);

  expect(active(broker, "large-or-urgent")).toBe(2);
  const receiver = await broker.client.acceptSession("file-available", "large-or-urgent", "s");
  const [large, urgent] = await take(receiver, 2);
  expect(large).toMatchObject({ messageId: "large", subject: "express", sessionId: "s" });
  expect(large?.applicationProperties).toEqual({
    bytes: 2 * MIB,
    kib: 2048,
    RuleName: "large-or-urgent",
  });
  expect(urgent).toMatchObject({ messageId: "urgent-prices", subject: "express" });
  expect(urgent?.applicationProperties).toMatchObject({ bytes: 5, kib: 0 });
});

test("the sample's subscription that forwards fills the queue that it names", async () => {
  const broker = await start();

  await sendAll(broker);

  expect(active(broker, "to-inbox")).toBe(0);
  const inbox = await take(broker.client.createReceiver("partner/north/inbox"), 1);
  expect(idsOf(inbox)).toEqual(["urgent-prices"]);
});

test("the sample's duplicate detection, delivery count and dead letter forward are kept", async () => {
  const broker = await start();
  const sender = broker.client.createSender("runs");

  await sender.sendMessages({ messageId: "1", body: "" });
  await sender.sendMessages({ messageId: "1", body: "" });
  const receiver = broker.client.createReceiver("runs");
  for (const deliveryCount of [0, 1]) {
    const [message] = await receiver.receiveMessages(1);
    expect(message).toMatchObject({ messageId: "1", deliveryCount });
    await receiver.abandonMessage(message as NonNullable<typeof message>);
  }

  const [dead] = await take(broker.client.createReceiver("failed"), 1);
  expect(dead).toMatchObject({ messageId: "1", deadLetterReason: "MaxDeliveryCountExceeded" });
  expect(broker.server.namespace.queues.get("runs")?.runtime.counts.active).toBe(0);
});

test("the admin client and the rule manager show and change what the sample set", async () => {
  const { admin, client } = await start();

  expect((await all(admin.listQueues())).map(({ name }) => name)).toEqual([
    "failed",
    "imports",
    "partner/north/inbox",
    "runs",
  ]);
  expect(await admin.getQueue("imports")).toMatchObject({
    requiresSession: true,
    lockDuration: "PT30S",
    defaultMessageTimeToLive: "PT1H",
    maxDeliveryCount: 3,
  });
  const rules = await all(client.createRuleManager("file-available", "north").listRules());
  expect(rules.map(({ name }) => name)).toEqual(["addressed-to-north", "items-of-the-north"]);
  expect(rules[1]?.filter).toMatchObject({
    subject: "Shop.ItemChanges",
    applicationProperties: { region: "north", version: 2, final: true },
  });
  expect(await admin.getRule("file-available", "large-or-urgent", "large-or-urgent")).toMatchObject(
    {
      filter: { sqlExpression: expect.stringContaining("1024 * 1024") },
      action: { sqlExpression: expect.stringContaining("REMOVE region") },
    },
  );
  expect(await admin.getRule("file-available", "north", "items-of-the-north")).toMatchObject({
    filter: { applicationProperties: { region: "north", version: 2, final: true } },
  });
});

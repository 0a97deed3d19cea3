import { expect, test } from "vitest";
import { startBroker } from "./broker.ts";

test("the admin client counts what a queue holds", async () => {
  const { admin, client } = await startBroker();
  await admin.createQueue("q");
  const sender = client.createSender("q");
  await sender.sendMessages([{ body: "one" }, { body: "two" }, { body: "three" }]);
  await sender.scheduleMessages({ body: "later" }, new Date(Date.now() + 3_600_000));
  const receiver = client.createReceiver("q");
  const [message] = await receiver.receiveMessages(1);
  await receiver.deadLetterMessage(message as NonNullable<typeof message>);

  const runtime = await admin.getQueueRuntimeProperties("q");

  expect(runtime).toMatchObject({
    totalMessageCount: 4,
    activeMessageCount: 2,
    deadLetterMessageCount: 1,
    scheduledMessageCount: 1,
    sizeInBytes: expect.any(Number),
  });
  expect(runtime.sizeInBytes).toBeGreaterThan(0);
  expect(runtime.accessedAt.getTime()).toBeGreaterThanOrEqual(runtime.createdAt.getTime());
});

test("the admin client counts what a topic and its subscriptions hold", async () => {
  const { admin, client } = await startBroker();
  await admin.createTopic("t");
  await admin.createSubscription("t", "s");
  await admin.createSubscription("t", "none", {
    defaultRuleOptions: { name: "never", filter: { sqlExpression: "1=0" } },
  });
  const sender = client.createSender("t");
  await sender.sendMessages([{ body: "one" }, { body: "two" }]);
  await sender.scheduleMessages({ body: "later" }, new Date(Date.now() + 3_600_000));

  expect(await admin.getTopicRuntimeProperties("t")).toMatchObject({
    subscriptionCount: 2,
    scheduledMessageCount: 1,
  });
  expect(await admin.getSubscriptionRuntimeProperties("t", "s")).toMatchObject({
    totalMessageCount: 2,
    activeMessageCount: 2,
  });
  expect(await admin.getSubscriptionRuntimeProperties("t", "none")).toMatchObject({
    totalMessageCount: 0,
  });
});

test("a queue made by the admin client takes messages until it is disabled or deleted", async () => {
  const { admin, client } = await startBroker();
  const queue = await admin.createQueue("q");
  const send = () => client.createSender("q").sendMessages({ body: "x" });

  await send();
  await admin.updateQueue({ ...queue, status: "SendDisabled" });
  await expect(send()).rejects.toMatchObject({ code: "MessagingEntityDisabled" });
  await admin.updateQueue({ ...queue, status: "Active" });
  await send();
  expect(await admin.getQueueRuntimeProperties("q")).toMatchObject({ activeMessageCount: 2 });
  await admin.deleteQueue("q");
  await expect(send()).rejects.toMatchObject({ code: "MessagingEntityNotFound" });
});

import { expect, test } from "vitest";
import { all } from "./admin-client.ts";
import { startAdminEndpoint } from "./broker.ts";

const MISSING = { statusCode: 404, code: "MessageEntityNotFoundError" };
const CONFLICT = { statusCode: 409, code: "MessageEntityAlreadyExistsError" };
const BAD = { statusCode: 400, code: "ServiceError" };

test("the namespace shows its name and kind", async () => {
  const { admin, namespace } = await startAdminEndpoint();

  expect(await admin.getNamespaceProperties()).toMatchObject({
    name: "sbemulatorns",
    messagingSku: "Standard",
    createdAt: namespace.createdAt,
    modifiedAt: namespace.createdAt,
  });
});

test("topics keep every setting that they are created with", async () => {
  const { admin } = await startAdminEndpoint();
  const settings = {
    maxSizeInMegabytes: 2048,
    enablePartitioning: true,
    supportOrdering: false,
    enableBatchedOperations: false,
    defaultMessageTimeToLive: "PT2H",
    autoDeleteOnIdle: "PT1H",
    requiresDuplicateDetection: true,
    duplicateDetectionHistoryTimeWindow: "PT1M",
    userMetadata: "note",
    status: "Disabled" as const,
    enableExpress: true,
    maxMessageSizeInKilobytes: 1024,
    authorizationRules: [
      {
        claimType: "SharedAccessKey",
        keyName: "k",
        accessRights: ["Send" as const],
        primaryKey: "one",
        secondaryKey: "two",
      },
    ],
  };

  const created = await admin.createTopic("t", settings);

  expect(created).toMatchObject({ name: "t", ...settings });
  expect(await admin.getTopic("t")).toEqual(created);
});

test("topics are updated, listed, counted and deleted", async () => {
  const { admin } = await startAdminEndpoint();
  const topic = await admin.createTopic("t");
  await admin.createTopic("u");
  await admin.createSubscription("t", "s1");
  await admin.createSubscription("t", "s2");

  await admin.updateTopic({ ...topic, userMetadata: "new", status: "SendDisabled" });

  expect(await admin.getTopic("t")).toMatchObject({
    userMetadata: "new",
    status: "SendDisabled",
  });
  expect(await admin.getTopicRuntimeProperties("t")).toMatchObject({
    name: "t",
    subscriptionCount: 2,
    scheduledMessageCount: 0,
    sizeInBytes: 0,
    createdAt: expect.any(Date),
  });
  const pages = await all(admin.listTopics().byPage({ maxPageSize: 1 }));
  expect(pages.map((page) => page.map(({ name }) => name))).toEqual([["t"], ["u"]]);
  expect(await all(admin.listTopicsRuntimeProperties())).toHaveLength(2);
  await admin.deleteTopic("t");
  expect(await admin.topicExists("t")).toBe(false);
  expect(await admin.topicExists("u")).toBe(true);
});

test("topics are not queues", async () => {
  const { admin } = await startAdminEndpoint();
  await admin.createQueue("q");
  await admin.createTopic("t");

  await expect(admin.createTopic("q")).rejects.toMatchObject(CONFLICT);
  await expect(admin.createTopic("t")).rejects.toMatchObject(CONFLICT);
  expect((await all(admin.listQueues())).map(({ name }) => name)).toEqual(["q"]);
  expect((await all(admin.listTopics())).map(({ name }) => name)).toEqual(["t"]);
  expect(await admin.queueExists("t")).toBe(false);
});

test("subscriptions keep every setting that they are created with", async () => {
  const { admin, host } = await startAdminEndpoint();
  await admin.createTopic("t/u");
  await admin.createQueue("q");
  const settings = {
    lockDuration: "PT30S",
    maxDeliveryCount: 4,
    requiresSession: false,
    enableBatchedOperations: false,
    defaultMessageTimeToLive: "PT3H",
    autoDeleteOnIdle: "PT2H",
    deadLetteringOnMessageExpiration: true,
    deadLetteringOnFilterEvaluationExceptions: false,
    userMetadata: "note",
    status: "ReceiveDisabled" as const,
  };

  const created = await admin.createSubscription("t/u", "s", {
    ...settings,
    forwardTo: "q",
    forwardDeadLetteredMessagesTo: "q",
  });

  expect(created).toMatchObject({
    ...settings,
    topicName: "t/u",
    subscriptionName: "s",
    forwardTo: `sb://${host}/q`,
    forwardDeadLetteredMessagesTo: `sb://${host}/q`,
    availabilityStatus: "Available",
  });
  expect(await admin.getSubscription("t/u", "s")).toEqual(created);
});

test("subscriptions are updated, listed, counted and deleted", async () => {
  const { admin } = await startAdminEndpoint();
  await admin.createTopic("t");
  const subscription = await admin.createSubscription("t", "s", { requiresSession: true });
  await admin.createSubscription("t", "r");

  await admin.updateSubscription({ ...subscription, maxDeliveryCount: 2 });

  expect(await admin.getSubscription("t", "s")).toMatchObject({
    maxDeliveryCount: 2,
    requiresSession: true,
  });
  expect(await admin.getSubscriptionRuntimeProperties("t", "s")).toMatchObject({
    subscriptionName: "s",
    topicName: "t",
    totalMessageCount: 0,
    activeMessageCount: 0,
    deadLetterMessageCount: 0,
    accessedAt: expect.any(Date),
  });
  const pages = await all(admin.listSubscriptions("t").byPage({ maxPageSize: 1 }));
  expect(pages.map(([page]) => page?.subscriptionName)).toEqual(["r", "s"]);
  expect(await all(admin.listSubscriptionsRuntimeProperties("t"))).toHaveLength(2);
  await admin.deleteSubscription("t", "s");
  expect(await admin.subscriptionExists("t", "s")).toBe(false);
  expect(await admin.subscriptionExists("t", "r")).toBe(true);
});

test("subscriptions are refused for what is missing, taken or wrong", async () => {
  const { admin } = await startAdminEndpoint();
  await admin.createTopic("t");
  const subscription = await admin.createSubscription("t", "s");

  await expect(admin.createSubscription("none", "s")).rejects.toMatchObject(MISSING);
  await expect(admin.getSubscription("t", "none")).rejects.toMatchObject(MISSING);
  await expect(all(admin.listSubscriptions("none"))).rejects.toMatchObject(MISSING);
  await expect(admin.deleteSubscription("t", "none")).rejects.toMatchObject(MISSING);
  await expect(admin.createSubscription("t", "S")).rejects.toMatchObject(CONFLICT);
  await expect(admin.createSubscription("t", "a-")).rejects.toMatchObject(BAD);
  await expect(
    admin.updateSubscription({ ...subscription, requiresSession: true }),
  ).rejects.toMatchObject(BAD);
  await expect(
    admin.createSubscription("t", "x", {
      defaultRuleOptions: { name: "r", filter: { sqlExpression: "a" } },
    }),
  ).rejects.toMatchObject(BAD);
  expect(await admin.subscriptionExists("t", "x")).toBe(false);
});

test.each([
  ["a duplicate window below 20 s", { duplicateDetectionHistoryTimeWindow: "PT19.999S" }],
  ["a duplicate window above 7 days", { duplicateDetectionHistoryTimeWindow: "P7DT0.001S" }],
  ["auto-delete below five minutes", { autoDeleteOnIdle: "PT4M59.999S" }],
  ["messages of less than 1 MB, but not 256 KB", { maxMessageSizeInKilobytes: 1023 }],
  ["messages above 100 MB", { maxMessageSizeInKilobytes: 102_401 }],
])("topics, refused because of %s", async (_, settings) => {
  const { admin } = await startAdminEndpoint();
  const kept = await admin.createTopic("kept");

  await expect(admin.createTopic("t", settings)).rejects.toMatchObject(BAD);
  await expect(admin.updateTopic({ ...kept, ...settings })).rejects.toMatchObject(BAD);
  expect(await admin.topicExists("t")).toBe(false);
  expect(await admin.getTopic("kept")).toEqual(kept);
});

test("subscriptions, refused because of auto-delete below five minutes", async () => {
  const { admin } = await startAdminEndpoint();
  await admin.createTopic("t");
  const kept = await admin.createSubscription("t", "kept", { autoDeleteOnIdle: "PT5M" });
  const tooShort = { autoDeleteOnIdle: "PT4M59.999S" };

  await expect(admin.createSubscription("t", "s", tooShort)).rejects.toMatchObject(BAD);
  await expect(admin.updateSubscription({ ...kept, ...tooShort })).rejects.toMatchObject(BAD);
  expect(await admin.subscriptionExists("t", "s")).toBe(false);
  expect(await admin.getSubscription("t", "kept")).toEqual(kept);
});

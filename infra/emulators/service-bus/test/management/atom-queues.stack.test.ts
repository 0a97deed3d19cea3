import { expect, test } from "vitest";
import { all } from "./admin-client.ts";
import { startAdminEndpoint } from "./broker.ts";

const FOREVER = "P10675199DT2H48M5.4775807S";

test("queues are created with the cloud's defaults", async () => {
  const { admin, namespace } = await startAdminEndpoint();

  const created = await admin.createQueue("orders/in");

  expect(created).toEqual({
    name: "orders/in",
    lockDuration: "PT1M",
    maxSizeInMegabytes: 1024,
    maxDeliveryCount: 10,
    enablePartitioning: false,
    requiresSession: false,
    enableBatchedOperations: true,
    defaultMessageTimeToLive: FOREVER,
    autoDeleteOnIdle: FOREVER,
    requiresDuplicateDetection: false,
    duplicateDetectionHistoryTimeWindow: "PT10M",
    deadLetteringOnMessageExpiration: false,
    status: "Active",
    enableExpress: false,
    availabilityStatus: "Available",
    maxMessageSizeInKilobytes: 256,
  });
  expect(await admin.getQueue("orders/in")).toEqual(created);
  expect(namespace.queues.get("orders/in")?.config).toMatchObject({
    defaultTimeToLiveMs: null,
    lockDurationMs: 60_000,
  });
});

test("queues keep every setting that they are created with", async () => {
  const { admin, host } = await startAdminEndpoint();
  await admin.createQueue("dead");
  await admin.createTopic("onward");
  const settings = {
    lockDuration: "PT45S",
    maxSizeInMegabytes: 2048,
    maxDeliveryCount: 7,
    enablePartitioning: true,
    requiresSession: false,
    enableBatchedOperations: false,
    defaultMessageTimeToLive: "P2DT3H",
    autoDeleteOnIdle: "PT1H",
    requiresDuplicateDetection: true,
    duplicateDetectionHistoryTimeWindow: "PT30S",
    deadLetteringOnMessageExpiration: true,
    status: "SendDisabled" as const,
    enableExpress: true,
    userMetadata: 'a "note" <with> & signs',
    maxMessageSizeInKilobytes: 2048,
    authorizationRules: [
      {
        claimType: "SharedAccessKey",
        keyName: "reader",
        accessRights: ["Listen" as const],
        primaryKey: "one",
        secondaryKey: "two",
      },
      {
        claimType: "SharedAccessKey",
        keyName: "owner",
        accessRights: ["Manage" as const, "Send" as const, "Listen" as const],
        primaryKey: "three",
        secondaryKey: "four",
      },
    ],
  };

  await admin.createQueue("all", {
    ...settings,
    forwardTo: "onward",
    forwardDeadLetteredMessagesTo: "dead",
  });

  expect(await admin.getQueue("ALL")).toMatchObject({
    ...settings,
    name: "all",
    forwardTo: `sb://${host}/onward`,
    forwardDeadLetteredMessagesTo: `sb://${host}/dead`,
  });
});

test("queues are updated, but for what is fixed at creation", async () => {
  const { admin, namespace } = await startAdminEndpoint();
  await admin.createQueue("target");
  const queue = await admin.createQueue("q", { forwardTo: "target", userMetadata: "old" });

  const updated = await admin.updateQueue({ ...queue, maxDeliveryCount: 3, userMetadata: "new" });

  expect(updated).toMatchObject({ maxDeliveryCount: 3, userMetadata: "new" });
  expect(await admin.getQueue("q")).toEqual(updated);
  expect(namespace.queues.get("q")?.config.forwardTo).toBe("target");
  await expect(admin.updateQueue({ ...queue, requiresSession: true })).rejects.toMatchObject({
    statusCode: 400,
    code: "ServiceError",
  });
});

test("queues are deleted", async () => {
  const { admin } = await startAdminEndpoint();
  await admin.createQueue("q");
  expect(await admin.queueExists("q")).toBe(true);

  await admin.deleteQueue("q");

  expect(await admin.queueExists("q")).toBe(false);
  await expect(admin.getQueue("q")).rejects.toMatchObject({
    statusCode: 404,
    code: "MessageEntityNotFoundError",
    message: expect.stringContaining("'sb://sbemulatorns/q' could not be found"),
  });
});

test("queues are listed page by page, in the order of their names", async () => {
  const { admin } = await startAdminEndpoint();
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names.toReversed()) {
    await admin.createQueue(name);
  }

  const listed = await all(admin.listQueues());
  const pages = await all(admin.listQueues().byPage({ maxPageSize: 2 }));
  const counted = await all(admin.listQueuesRuntimeProperties());

  expect(listed.map(({ name }) => name)).toEqual(names);
  expect(pages.map((page) => page.map(({ name }) => name))).toEqual([
    ["a", "b"],
    ["c", "d"],
    ["e"],
  ]);
  expect(counted.map(({ name }) => name)).toEqual(names);
});

test("queues are listed by hundreds unless asked otherwise", async () => {
  const { admin } = await startAdminEndpoint();
  for (let index = 0; index < 101; index += 1) {
    await admin.createQueue(`q${index}`);
  }

  const pages = await all(admin.listQueues().byPage());

  expect(pages.map((page) => page.length)).toEqual([100, 1]);
});

test("queues show what they hold and since when", async () => {
  const { admin } = await startAdminEndpoint();
  const before = Date.now();
  await admin.createQueue("q");

  const runtime = await admin.getQueueRuntimeProperties("q");

  expect(runtime).toMatchObject({
    name: "q",
    sizeInBytes: 0,
    totalMessageCount: 0,
    activeMessageCount: 0,
    deadLetterMessageCount: 0,
    scheduledMessageCount: 0,
    transferMessageCount: 0,
    transferDeadLetterMessageCount: 0,
  });
  for (const at of [runtime.createdAt, runtime.modifiedAt, runtime.accessedAt]) {
    expect(at.getTime()).toBeGreaterThanOrEqual(before);
  }
});

test.each([
  ["a name that starts with a dash", "-q", {}],
  ["a lock beyond five minutes", "q", { lockDuration: "PT6M" }],
  ["what is not a valid duration", "q", { defaultMessageTimeToLive: "one hour" }],
  ["no delivery at all", "q", { maxDeliveryCount: 0 }],
  ["half a delivery", "q", { maxDeliveryCount: 1.5 }],
  ["an unknown status", "q", { status: "Asleep" as never }],
  ["a forward to nowhere", "q", { forwardTo: "nowhere" }],
  ["a dead letter forward to nowhere", "q", { forwardDeadLetteredMessagesTo: "nowhere" }],
  ["a forward from sessions", "q", { forwardTo: "there", requiresSession: true }],
  ["too much metadata", "q", { userMetadata: "x".repeat(1025) }],
  ["a size that is not a number", "q", { maxSizeInMegabytes: Number.NaN }],
  ["a duplicate window below 20 s", "q", { duplicateDetectionHistoryTimeWindow: "PT19.999S" }],
  ["a duplicate window above 7 days", "q", { duplicateDetectionHistoryTimeWindow: "P7DT0.001S" }],
  ["auto-delete below five minutes", "q", { autoDeleteOnIdle: "PT4M59.999S" }],
  ["messages of less than 1 MB, but not 256 KB", "q", { maxMessageSizeInKilobytes: 1023 }],
  ["messages above 100 MB", "q", { maxMessageSizeInKilobytes: 102_401 }],
])("queues, refused because of %s", async (_, name, settings) => {
  const { admin } = await startAdminEndpoint();
  await admin.createQueue("there");

  await expect(admin.createQueue(name, settings)).rejects.toMatchObject({
    statusCode: 400,
    code: "ServiceError",
    message: expect.stringContaining("SubCode=40000."),
  });
  expect(await admin.queueExists(name)).toBe(false);
});

test.each([
  ["least", ["PT20S", "PT5M", 1024]],
  ["most", ["P7D", FOREVER, 102_400]],
  ["size of the standard tier", ["PT20S", "PT5M", 256]],
] as const)("queues take the %s that a setting may be", async (_, values) => {
  const { admin } = await startAdminEndpoint();
  const [duplicateDetectionHistoryTimeWindow, autoDeleteOnIdle, maxMessageSizeInKilobytes] = values;
  const settings = {
    duplicateDetectionHistoryTimeWindow,
    autoDeleteOnIdle,
    maxMessageSizeInKilobytes,
  };

  expect(await admin.createQueue("q", settings)).toMatchObject(settings);
});

test("queues, refused because a queue or a topic has the name already", async () => {
  const { admin } = await startAdminEndpoint();
  await admin.createQueue("taken");
  await admin.createTopic("subject");

  for (const name of ["taken", "Taken", "subject"]) {
    await expect(admin.createQueue(name)).rejects.toMatchObject({
      statusCode: 409,
      code: "MessageEntityAlreadyExistsError",
      message: expect.stringContaining(`'sb://sbemulatorns/${name}' already exists`),
    });
  }
});

test("queues, refused because there is nothing to update or delete", async () => {
  const { admin } = await startAdminEndpoint();
  const queue = await admin.createQueue("q");
  await admin.deleteQueue("q");

  const missing = { statusCode: 404, code: "MessageEntityNotFoundError" };
  await expect(admin.updateQueue(queue)).rejects.toMatchObject(missing);
  await expect(admin.deleteQueue("q")).rejects.toMatchObject(missing);
});

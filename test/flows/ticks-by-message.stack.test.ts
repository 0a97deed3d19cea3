import { TableClient } from "@azure/data-tables";
import { ServiceBusClient } from "@azure/service-bus";
import { afterAll, beforeAll, expect, test } from "vitest";
import topology from "../../infra/topology.json" with { type: "json" };
import { eventually, useLocalStack } from "../support/local-stack.ts";

const CONNECTOR_ID = "7b0f1f8a-3c55-4c0e-8a43-0f5c9f7d1e45";
const FILE_TYPE = "Test.Ticked";

/** The timer never fires. */
const local = useLocalStack({ shop: true, tick: "0 0 0 1 1 *" });
let bus: ServiceBusClient;

beforeAll(async () => {
  const { connectionString, certificate } = local.stack.file.serviceBus;
  expect(certificate).not.toBeNull();
  bus = new ServiceBusClient(connectionString);
  await local.define(`connectors/${CONNECTOR_ID}`, {
    name: "Partner A",
    direction: "export",
    applications: [local.stack.file.clients["partner-a"].id],
  });
  await local.define("exports/ticked", {
    fileType: FILE_TYPE,
    entities: [
      { name: "Items", source: { kind: "postgres", connection: "shop", table: "shop.items" } },
    ],
    format: { kind: "jsonl" },
    schedule: { every: { seconds: 1 } },
    preventUploadWhenZeroRecords: false,
  });
  await local.define("subscriptions/ticked", {
    fileTypes: [FILE_TYPE],
    via: { kind: "connector", connectorId: CONNECTOR_ID },
  });
});

afterAll(async () => {
  await bus.close();
});

test("schedules go on while the timer stands still: a request finds that the last tick is late", async () => {
  const { connectionString } = local.stack.file.storage;
  const options = { allowInsecureConnection: true };
  const ticks = TableClient.fromConnectionString(connectionString, topology.tables.ticks, options);
  const list = async (path: string) => (await local.call("operator", { path })).json().items;
  // requests so far have led to the first tick; the restart is to find nothing at work
  await eventually(() => ticks.getEntity("tick", "tick").catch(() => null));
  await eventually(async () => {
    const runs: { endedAt: string | null }[] = await list("/api/exports/ticked/runs");
    return runs.every(({ endedAt }) => endedAt !== null) || null;
  });
  const { length: before } = await list(`/api/ledger/${FILE_TYPE}`);
  await ticks.deleteEntity("tick", "tick");
  await local.stack.restartApp();

  const entries = await eventually(async () => {
    const published = await list(`/api/ledger/${FILE_TYPE}`);
    return published.length > before ? published : null;
  });
  expect(entries[0]).toMatchObject({ sequence: 1, fileType: FILE_TYPE });
  expect(local.lines.some((line) => line.includes('"event":"tick-late"'))).toBe(true);
  await eventually(() => ticks.getEntity("tick", "tick").catch(() => null));
});

test.each(["retention", "storage-sweep"])(
  "what is deleted in its time is deleted also when the timer of %s stands still",
  async (cleanUp) => {
    const { connectionString } = local.stack.file.storage;
    const options = { allowInsecureConnection: true };
    const ticks = TableClient.fromConnectionString(
      connectionString,
      topology.tables.ticks,
      options,
    );
    const noted = () => ticks.getEntity("tick", cleanUp).catch(() => null);
    await eventually(noted);
    await ticks.deleteEntity("tick", cleanUp);
    const sender = bus.createSender(topology.queues.ticks);
    await sender.sendMessages({ body: null });

    expect(await eventually(noted)).not.toBeNull();
  },
);

test("a message that was handed out too often is taken out of the dead letters, and explained", async () => {
  const { fileAvailable } = topology.topics;
  const { fanOut } = topology.subscriptions;
  const sender = bus.createSender(fileAvailable);
  const body = {
    ...{ blobType: "Test.NeverPublished", correlationId: "c", contentType: "text/csv", uri: "u" },
    properties: {
      ...{ entity: "E", records: 1, bytes: 1, sha256: "s", sequence: 7 },
      ...{ mode: "full", from: null, to: null },
    },
  };
  await sender.sendMessages({
    body,
    messageId: "Test.NeverPublished:7",
    sessionId: "Test.NeverPublished",
  });

  const line = await eventually(
    async () => local.lines.find((text) => text.includes('"event":"dead-letter"')) ?? null,
  );

  expect(JSON.parse(line.slice(line.indexOf("{")))).toMatchObject({
    event: "dead-letter",
    queue: fanOut,
    messageId: "Test.NeverPublished:7",
    reason: "MaxDeliveryCountExceeded",
    asksFor: expect.stringContaining("Test.NeverPublished"),
    level: "warning",
    function: expect.stringMatching(/^dead-letters/),
    invocationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  const letters = bus.createReceiver(fileAvailable, fanOut, { subQueueType: "deadLetter" });
  await eventually(async () => ((await letters.peekMessages(1)).length === 0 ? true : null));
});

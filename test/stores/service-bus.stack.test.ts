import { readFileSync } from "node:fs";
import { ServiceBusClient, type ServiceBusReceivedMessage } from "@azure/service-bus";
import { type ServiceBusServer, startServiceBus } from "service-bus-emulator";
import { parseConfig } from "service-bus-emulator/config";
import { afterAll, beforeAll, expect, test } from "vitest";
import topology from "../../infra/topology.json" with { type: "json" };
import { fileAvailableMessage } from "../../src/domain/ledger/announce-entries.ts";
import { FileAvailableEvent } from "../../src/domain/ledger/file-available.ts";
import type { RunRequest } from "../../src/domain/ports.ts";
import { serviceBusAnnouncements } from "../../src/stores/service-bus-announcements.ts";
import { serviceBusRunQueue } from "../../src/stores/service-bus-run-queue.ts";
import { aFileType, anEntryDraft } from "../support/stored-things.ts";

const { runs, imports, orderedImports } = topology.queues;
const { fileAvailable } = topology.topics;
const { fanOut } = topology.subscriptions;
let server: ServiceBusServer;
let client: ServiceBusClient;

beforeAll(async () => {
  const text = readFileSync("infra/local/service-bus.json", "utf8");
  server = await startServiceBus({ config: parseConfig(text, { strict: true }) });
  client = new ServiceBusClient(server.connectionString);
});
afterAll(async () => {
  await client.close();
  await server.stop();
});

/** Waiting messages of a session, in order, without taking them. */
async function waitingIn(
  sessionId: string,
  entity: typeof runs | typeof orderedImports | "fan-out",
): Promise<ServiceBusReceivedMessage[]> {
  const receiver =
    entity === "fan-out"
      ? await client.acceptSession(fileAvailable, fanOut, sessionId)
      : await client.acceptSession(entity, sessionId);
  const messages = await receiver.peekMessages(100);
  await receiver.close();
  return messages;
}

test("an announcement arrives as partners know it, and once however often it is sent", async () => {
  const fileType = aFileType();
  const entry = { ...anEntryDraft({ fileType }), sequence: 1, deletedAt: null };
  const announcements = serviceBusAnnouncements(client, fileAvailable, 60_000);

  await announcements.send(fileAvailableMessage(entry));
  await announcements.send(fileAvailableMessage(entry));
  await announcements.send(fileAvailableMessage({ ...entry, sequence: 2 }));

  const [first, second, ...more] = await waitingIn(fileType, "fan-out");
  expect(more).toEqual([]);
  expect(first).toMatchObject({
    messageId: `${fileType}:1`,
    subject: fileType,
    sessionId: fileType,
    correlationId: entry.correlationId,
    contentType: "application/json",
    applicationProperties: { blobType: fileType, sequence: 1, "cloudEvents:specversion": "1.0" },
  });
  expect(FileAvailableEvent.parse(first?.body)).toEqual(fileAvailableMessage(entry).body);
  expect(second?.messageId).toBe(`${fileType}:2`);
});

test("runs of one export, published or ordered, wait in one session, in order, each once", async () => {
  const queue = serviceBusRunQueue(client, topology.queues, 60_000);
  const run = (runId: string): RunRequest => ({
    kind: runId === "b" ? "order" : "export",
    exportId: "items",
    runId,
    revision: 0,
  });

  for (const runId of ["a", "b", "a", "c", "b"]) {
    await queue.send(run(runId));
  }

  const waiting = await waitingIn("export:items", "runs");
  expect(waiting.map(({ body }) => body)).toEqual([run("a"), run("b"), run("c")]);
});

test("received files wait in a session where they have an order, and without one where not", async () => {
  const queue = serviceBusRunQueue(client, topology.queues, 60_000);
  const request = (submissionId: string, ordered: boolean, sentAtMs = 1): RunRequest => ({
    kind: "import",
    connectorId: "door",
    submissionId,
    applicationId: "partner",
    sentAtMs,
    ordered,
  });

  await queue.send(request("m1", true));
  await queue.send(request("m2", true));
  await queue.send(request("m3", false));
  await queue.send(request("m3", false));
  await queue.send(request("m3", false, 2));

  const inOrder = await waitingIn("door", orderedImports);
  expect(inOrder.map(({ messageId }) => messageId)).toEqual(["m1:1", "m2:1"]);
  const receiver = client.createReceiver(imports);
  const beside = await receiver.peekMessages(100);
  await receiver.close();
  expect(beside.map(({ messageId, sessionId }) => [messageId, sessionId])).toEqual([
    ["m3:1", undefined],
    ["m3:2", undefined],
  ]);
});

import { TableClient } from "@azure/data-tables";
import { ServiceBusClient } from "@azure/service-bus";
import { BlobServiceClient } from "@azure/storage-blob";
import { expect, test } from "vitest";
import { announceEntries } from "../../src/domain/ledger/announce-entries.ts";
import { blobFiles } from "../../src/stores/blob-files.ts";
import { serviceBusAnnouncements } from "../../src/stores/service-bus-announcements.ts";
import { tableLedger } from "../../src/stores/table-ledger.ts";
import { aFile } from "../support/file.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";

const CONNECTOR_ID = "5d1c6c1e-0f43-4a7d-8a0e-3b6f2f4f9c33";
const FILE_TYPES = ["Test.One", "Test.Two", "Test.Three", "Test.Four"];
const FILES = 1_000;
const CONSUMERS = 8;

const local = useLocalStack();

/** Publishes files as the app does, and lets the app's own fan-out bring them to the connector. */
async function publish(): Promise<void> {
  const { storage, serviceBus } = local.stack.file;
  const table = TableClient.fromConnectionString(storage.connectionString, "ledger", {
    allowInsecureConnection: true,
  });
  const bus = new ServiceBusClient(serviceBus.connectionString);
  const ports = {
    ledger: tableLedger(table),
    files: blobFiles(BlobServiceClient.fromConnectionString(storage.connectionString)),
    announcements: serviceBusAnnouncements(bus, "file-available", 60_000),
    log: () => undefined,
  };
  await Promise.all(
    FILE_TYPES.map(async (fileType) => {
      for (let index = 0; index < FILES / FILE_TYPES.length; index++) {
        const { sequence: _, ...draft } = aFile({ fileType, publishedAt: new Date() });
        await ports.ledger.append({ ...draft, originId: `origin-${index}`, nextCursor: null });
      }
      await announceEntries(ports, { fileType });
    }),
  );
  await bus.close();
}

test("1,000 files at one connector reach 8 consumers once each, none twice within its lease", async () => {
  await local.define(`connectors/${CONNECTOR_ID}`, {
    name: "Partner A",
    direction: "export",
    applications: [local.stack.file.clients["partner-a"].id],
    leaseSeconds: 3_600,
  });
  await local.define("subscriptions/all", {
    fileTypes: FILE_TYPES,
    via: { kind: "connector", connectorId: CONNECTOR_ID },
  });
  await publish();

  const taken: string[] = [];
  const acked = new Set<string>();
  const consume = async (): Promise<void> => {
    while (acked.size < FILES) {
      const answer = await eventually(async () => {
        const dequeued = await local.call("partner-a", {
          path: `/api/connector/dequeue/${CONNECTOR_ID}`,
        });
        return dequeued.status === 204 && acked.size < FILES ? null : dequeued;
      });
      if (answer.status === 204) {
        return;
      }
      expect(answer.status).toBe(200);
      const message = answer.json();
      taken.push(message.CorrelationId);
      const ack = await local.call("partner-a", {
        method: "POST",
        path: `/api/connector/ack/${CONNECTOR_ID}`,
        body: message,
      });
      expect(ack.status).toBe(200);
      acked.add(message.CorrelationId);
    }
  };
  await Promise.all(Array.from({ length: CONSUMERS }, consume));

  expect(taken.length).toBe(FILES);
  expect(new Set(taken).size).toBe(FILES);
}, 300_000);

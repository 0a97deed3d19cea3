import { createHash, randomUUID } from "node:crypto";
import { TableClient } from "@azure/data-tables";
import { ServiceBusClient } from "@azure/service-bus";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll } from "vitest";
import type { StackFile } from "../../infra/local/stack-file.ts";
import { containerOf } from "../../src/domain/ids.ts";
import { announceEntries } from "../../src/domain/ledger/announce-entries.ts";
import type { LedgerEntry } from "../../src/domain/ledger/ledger-entry.ts";
import type { Ports } from "../../src/domain/ports.ts";
import { blobFiles } from "../../src/stores/blob-files.ts";
import { serviceBusAnnouncements } from "../../src/stores/service-bus-announcements.ts";
import { tableDeliveries } from "../../src/stores/table-deliveries.ts";
import { tableLedger } from "../../src/stores/table-ledger.ts";
import { aFile } from "./file.ts";
import type { LocalStack } from "./local-stack.ts";

type Stores = Pick<Ports, "ledger" | "files" | "deliveries" | "announcements" | "log">;

export interface Publisher {
  /** Publishes a file as the app does; the app's own fan-out brings it to connectors. */
  publish(
    fileType: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    facts?: { publishedAt?: Date; announced?: boolean },
  ): Promise<LedgerEntry>;
  /** The app's own storage, behind its back. */
  stores(): Stores;
}

/** Publishes files at a stack without any export, for the tests of one file. */
export function usePublisher(local: LocalStack): Publisher {
  const state: { stores?: Stores; close?: () => Promise<void> } = {};
  afterAll(async () => {
    await state.close?.();
  });
  const stores = (): Stores => {
    if (state.stores === undefined) {
      const { stores: opened, close } = open(local.stack.file);
      Object.assign(state, { stores: opened, close });
      return opened;
    }
    return state.stores;
  };

  return {
    stores,
    publish: async (fileType, content, facts = {}) => {
      const { publishedAt = new Date(), announced = true } = facts;
      const fileId = randomUUID();
      const path = { container: containerOf(fileType), name: `${fileType}/${fileId}.csv` };
      const measured = measure(content);
      await stores().files.write(path, measured.content, "text/csv");
      const { sequence: _, ...draft } = aFile({
        ...{ fileType, fileId, path, publishedAt, ...measured.result() },
        ...{ correlationId: randomUUID(), contentType: "text/csv", contentEncoding: null },
      });
      const entry = await stores().ledger.append({
        ...draft,
        originId: fileId,
        nextCursor: null,
      });
      if (announced) {
        await announceEntries(stores(), { fileType });
      }
      return entry;
    },
  };
}

function open({ storage, serviceBus }: StackFile) {
  const bus = new ServiceBusClient(serviceBus.connectionString);
  const table = (name: string): TableClient =>
    TableClient.fromConnectionString(storage.connectionString, name, {
      allowInsecureConnection: true,
    });
  const stores: Stores = {
    ledger: tableLedger(table("ledger")),
    deliveries: tableDeliveries(table("messages")),
    files: blobFiles(BlobServiceClient.fromConnectionString(storage.connectionString)),
    announcements: serviceBusAnnouncements(bus, "file-available", 60_000),
    log: () => undefined,
  };
  return { stores, close: () => bus.close() };
}

function measure(content: Uint8Array | AsyncIterable<Uint8Array>) {
  const hash = createHash("sha256");
  let bytes = 0;
  async function* measured(): AsyncGenerator<Uint8Array> {
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  return { content: measured(), result: () => ({ bytes, sha256: hash.digest("hex") }) };
}

import { randomUUID } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { saveDefinition } from "../../../src/domain/definitions/save-definition.ts";
import { catchUp } from "../../../src/domain/deliveries/catch-up.ts";
import { settleStarts } from "../../../src/domain/deliveries/decide-start.ts";
import { fanOut } from "../../../src/domain/deliveries/fan-out.ts";
import { fileAvailableMessage } from "../../../src/domain/ledger/announce-entries.ts";
import type { LedgerEntry } from "../../../src/domain/ledger/ledger-entry.ts";
import { connectorBody, subscriptionBody } from "../../support/definition-bodies.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { type StoragePorts, storagePorts } from "../../support/storage-ports.ts";
import { anEntryDraft } from "../../support/stored-things.ts";

const clock = manualClock("2026-03-01T10:00:00Z");
const TYPE = "Shop.Items";
const EVERYTHING = { limit: 1_000, after: null };

let storage: StoragePorts;
let connectorId: string;

beforeEach(async () => {
  clock.set("2026-03-01T10:00:00Z");
  storage = await storagePorts("memory");
  connectorId = randomUUID();
  await save("connectors", connectorId, connectorBody());
});

function ports() {
  const connections = { get: () => ({ kind: "postgres", connectionString: "" }) as const };
  return { ...storage, clock, log: () => undefined, connections };
}

async function save(kind: "connectors" | "subscriptions", id: string, body: unknown) {
  await saveDefinition(ports(), { kind, id, body, condition: "*", applicationId: "operator" });
}

function subscribe(members: object = {}): Promise<void> {
  const via = { kind: "connector", connectorId };
  return save("subscriptions", "partner", subscriptionBody({ fileTypes: [TYPE], via, ...members }));
}

/** Publishes and fans out. */
async function publish(count: number, fileType = TYPE): Promise<void> {
  for (let file = 0; file < count; file++) {
    await fanOut(ports(), fileAvailableMessage(await append(fileType)).body);
  }
}

async function append(fileType = TYPE): Promise<LedgerEntry> {
  const entry = await storage.ledger.append(anEntryDraft({ fileType, publishedAt: clock.now() }));
  clock.advance(600_000);
  return entry;
}

/** Does for subscriptions as a tick does. */
async function settle(): Promise<void> {
  await settleStarts(ports());
  for (const fileType of await storage.ledger.fileTypes()) {
    await catchUp(ports(), fileType);
  }
}

async function delivered(fileType = TYPE): Promise<number[]> {
  const { items } = await storage.deliveries.list(connectorId, EVERYTHING);
  const files = items.map(({ file }) => file).filter((file) => file.fileType === fileType);
  return files.map(({ sequence }) => sequence).sort((a, b) => a - b);
}

test.each<[string, unknown, number[]]>([
  ["now", "now", [6, 7]],
  ["nothing said", undefined, [6, 7]],
  ["from the beginning", "beginning", [1, 2, 3, 4, 5, 6, 7]],
  ["from a number", 4, [4, 5, 6, 7]],
  ["from a number that is not reached yet", 7, [7]],
  ["from a time", "2026-03-01T10:10:00Z", [2, 3, 4, 5, 6, 7]],
  ["from a time between two files", "2026-03-01T11:15:00+01:00", [3, 4, 5, 6, 7]],
  ["from a time before all files", "2020-01-01T00:00:00Z", [1, 2, 3, 4, 5, 6, 7]],
  ["from a time to come", "2030-01-01T00:00:00Z", [6, 7]],
])("a subscription that starts %s", async (_, start, expected) => {
  await publish(5);

  await subscribe({ start });
  await settle();
  await publish(2);

  expect(await delivered()).toEqual(expected);
});

test("a file that is published while its subscription is saved is delivered, although its fan-out missed it", async () => {
  await publish(1);
  const { put } = storage.definitions;
  storage.definitions.put = async (kind, definition, condition) => {
    // decided already, not yet stored
    await publish(1);
    return put(kind, definition, condition);
  };

  await subscribe();
  expect(await delivered()).toEqual([]);
  await settle();

  expect(await delivered()).toEqual([2]);
  expect(await storage.subscriptions.owedStarts()).toEqual([]);
});

test("a family of file types includes those that appear while it is saved, and later", async () => {
  await publish(2, "Shop.Old");
  const { put } = storage.definitions;
  storage.definitions.put = async (kind, definition, condition) => {
    await publish(1, "Shop.Meanwhile");
    await publish(1, "Other.Meanwhile");
    return put(kind, definition, condition);
  };
  await subscribe({ fileTypes: ["Shop.*"] });
  await settle();
  storage.definitions.put = put;

  await publish(1, "Shop.Old");
  await publish(1, "Shop.Late.Part");

  expect(await delivered("Shop.Old")).toEqual([3]);
  expect(await delivered("Shop.Meanwhile")).toEqual([1]);
  expect(await delivered("Shop.Late.Part")).toEqual([1]);
  expect(await delivered("Other.Meanwhile")).toEqual([]);
});

test("a file type that joins later begins then, and the others keep their start", async () => {
  await publish(2);
  await publish(3, "Shop.Prices");
  await subscribe({ start: "beginning" });
  await settle();

  await subscribe({ start: "beginning", fileTypes: [TYPE, "Shop.Prices"], filter: "records gt 0" });
  await settle();

  expect(await storage.subscriptions.starts("partner")).toEqual({ [TYPE]: 1, "Shop.Prices": 1 });
  expect(await delivered("Shop.Prices")).toEqual([1, 2, 3]);
});

test("another start is decided again, another filter is not", async () => {
  await publish(3);
  await subscribe();
  await publish(1);

  await subscribe({ filter: "records gt 0" });
  expect(await storage.subscriptions.starts("partner")).toEqual({ [TYPE]: 4 });
  await subscribe({ start: 2 });
  await settle();

  expect(await delivered()).toEqual([2, 3, 4]);
});

test("one that is deleted and created again begins anew", async () => {
  await subscribe({ start: "beginning" });
  await publish(2);
  await storage.definitions.delete("subscriptions", "partner", {
    etag: "*",
    applicationId: "operator",
    at: clock.now(),
  });
  await publish(1);

  await subscribe({ start: "beginning", filter: "sequence gt 2" });
  await settle();

  expect(await delivered()).toEqual([1, 2, 3]);
});

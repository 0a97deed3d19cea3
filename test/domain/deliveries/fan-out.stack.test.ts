import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import {
  ConnectorDefinition,
  SubscriptionDefinition,
} from "../../../src/domain/definitions/definitions.ts";
import { fanOut } from "../../../src/domain/deliveries/fan-out.ts";
import {
  announceEntries,
  announceForgotten,
  fileAvailableMessage,
} from "../../../src/domain/ledger/announce-entries.ts";
import type { LedgerEntry } from "../../../src/domain/ledger/ledger-entry.ts";
import { connectorBody, subscriptionBody } from "../../support/definition-bodies.ts";
import { useFaultyStorage } from "../../support/faulty-storage.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { aFileType, all, anEntryDraft, savedAt } from "../../support/stored-things.ts";

const storage = useFaultyStorage();
const clock = manualClock("2026-03-01T10:00:00Z");
const events: string[] = [];
const log = (event: string): void => void events.push(event);

const EVERYTHING = { limit: 1_000, after: null };

/** A connector of its own, and what subscriptions make of it. */
async function subscribe(fileType: string, ...filters: (string | undefined)[]): Promise<string> {
  const { definitions } = storage.direct;
  const at = savedAt(clock.now());
  const connectorId = randomUUID();
  const connector = ConnectorDefinition.parse(connectorBody());
  await definitions.put("connectors", { id: connectorId, body: connector, ...at }, null);
  for (const filter of filters) {
    const members = { fileTypes: [fileType], via: { kind: "connector", connectorId }, filter };
    const body = SubscriptionDefinition.parse(subscriptionBody(members));
    await definitions.put("subscriptions", { id: randomUUID(), body, ...at }, null);
  }
  return connectorId;
}

async function publish(fileType: string): Promise<LedgerEntry> {
  return storage.direct.ledger.append(anEntryDraft({ fileType, publishedAt: clock.now() }));
}

async function deliveredTo(connectorId: string): Promise<number[]> {
  const { items } = await storage.direct.deliveries.list(connectorId, EVERYTHING);
  return items.map(({ file }) => file.sequence).sort();
}

test("a file reaches each connector that wants it once, however many subscriptions and events", async () => {
  const fileType = aFileType();
  const wants = await subscribe(fileType, undefined, "records gt 0");
  const filtersOut = await subscribe(fileType, "records gt 1000");
  const wantsOther = await subscribe(aFileType(), undefined);
  const { body } = fileAvailableMessage(await publish(fileType));
  const ports = { ...storage.direct, clock, log };

  const inserted = [await fanOut(ports, body), await fanOut(ports, body)];

  expect(inserted).toEqual([1, 0]);
  expect(await deliveredTo(wants)).toEqual([1]);
  expect(await deliveredTo(filtersOut)).toEqual([]);
  expect(await deliveredTo(wantsOther)).toEqual([]);
});

test("an event that comes again after its file was acknowledged brings it to nobody a second time", async () => {
  const fileType = aFileType();
  const connectorId = await subscribe(fileType, undefined);
  const { body } = fileAvailableMessage(await publish(fileType));
  const ports = { ...storage.direct, clock, log };
  await fanOut(ports, body);
  const [delivery] = (await storage.direct.deliveries.list(connectorId, EVERYTHING)).items;
  if (delivery === undefined) {
    throw new Error("nothing was delivered");
  }
  await storage.direct.deliveries.replace(delivery, { ...delivery, state: "acked", revision: 1 });

  expect(await fanOut(ports, body)).toBe(0);

  const later = new Date("2027-01-01T00:00:00Z");
  const request = { now: later, limit: 10, ordered: false };
  expect(await storage.direct.deliveries.ready(connectorId, request)).toEqual([]);
});

test("an event of a file that the ledger does not know is refused: the ledger decides what exists", async () => {
  const fileType = aFileType();
  const connectorId = await subscribe(fileType, undefined);
  const { body } = fileAvailableMessage({ ...(await publish(fileType)), sequence: 2 });

  await expect(fanOut({ ...storage.direct, clock, log }, body)).rejects.toMatchObject({
    code: "ledger-entry-not-found",
  });

  expect(await deliveredTo(connectorId)).toEqual([]);
});

test("what an event claims about a file does not matter: the ledger's word goes to partners", async () => {
  const fileType = aFileType();
  const connectorId = await subscribe(fileType, "records gt 1000");
  const { body } = fileAvailableMessage(await publish(fileType));
  const forged = {
    ...body,
    uri: "https://evil.example",
    properties: { ...body.properties, records: 9_999 },
  };

  expect(await fanOut({ ...storage.direct, clock, log }, forged)).toBe(0);

  expect(await deliveredTo(connectorId)).toEqual([]);
});

test("entries are announced in order, and one that cannot be announced holds up those behind it", async () => {
  const fileType = aFileType();
  const sent: number[] = [];
  let isDown = true;
  const announcements = {
    send: async ({ body }: { body: { properties: { sequence: number } } }) => {
      if (isDown && body.properties.sequence === 2) {
        throw new Error("the broker has gone");
      }
      sent.push(body.properties.sequence);
    },
  };
  const ports = { ...storage.direct, announcements, clock, log };
  for (let file = 1; file <= 3; file++) {
    await publish(fileType);
  }

  await expect(announceEntries(ports, { fileType })).rejects.toThrow("the broker has gone");
  expect(sent).toEqual([1]);
  isDown = false;

  expect(await announceEntries(ports, { fileType })).toBe(2);
  expect(sent).toEqual([1, 2, 3]);
  expect(await all(storage.direct.ledger.unannounced(fileType))).toEqual([]);
  expect(await announceEntries(ports, { fileType })).toBe(0);
});

test("a tick announces what was forgotten, and leaves alone what was published just now", async () => {
  const forgotten = await publish(aFileType());
  clock.advance(31_000);
  const fresh = await publish(aFileType());
  const sent: string[] = [];
  const announcements = {
    send: async ({ subject }: { subject: string }) => void sent.push(subject),
  };
  const ports = { ...storage.direct, announcements, clock, log };

  await announceForgotten(ports, forgotten.fileType);
  await announceForgotten(ports, fresh.fileType);

  expect(sent).toEqual([forgotten.fileType]);
});

import { randomUUID } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { catchUp } from "../../../src/domain/deliveries/catch-up.ts";
import { fanOut } from "../../../src/domain/deliveries/fan-out.ts";
import { settleOwed } from "../../../src/domain/deliveries/settle-owed.ts";
import { fileAvailableMessage } from "../../../src/domain/ledger/announce-entries.ts";
import type { LedgerEntry } from "../../../src/domain/ledger/ledger-entry.ts";
import type { LogFact } from "../../../src/domain/log-events.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { randomIds } from "../../../src/stores/random-ids.ts";
import { connectorBody, subscriptionBody } from "../../support/definition-bodies.ts";
import { useFaultyStorage } from "../../support/faulty-storage.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { memoryDefinitions } from "../../support/memory-definitions.ts";
import { aFileType, all, anEntryDraft } from "../../support/stored-things.ts";

const storage = useFaultyStorage();
const clock = manualClock("2026-03-01T10:00:00Z");

let fileType = "";
let partners: Record<"a" | "b", string>;
let logged: { event: string; facts: Readonly<Record<string, LogFact>> }[] = [];

beforeEach(() => {
  fileType = aFileType();
  partners = { a: randomUUID(), b: randomUUID() };
  logged = [];
  clock.set("2026-03-01T10:00:00Z");
});

function wants(connectorId: string, facts: object = {}): object {
  return subscriptionBody({
    fileTypes: [fileType],
    via: { kind: "connector", connectorId },
    ...facts,
  });
}

/** Two partners, each with a connector and a subscription, unless the test has others. */
function makePorts(
  definitions: Record<string, unknown> = {},
  overrides: Partial<Ports> = {},
): Ports {
  const own = memoryDefinitions({
    [`connectors/${partners.a}`]: connectorBody({ name: "A" }),
    [`connectors/${partners.b}`]: connectorBody({ name: "B" }),
    "subscriptions/to-a": wants(partners.a),
    "subscriptions/to-b": wants(partners.b),
    ...definitions,
  });
  const ports: Partial<Ports> = {
    ...storage.direct,
    ledger: { ...storage.direct.ledger, fileTypes: async () => [fileType] },
    definitions: own as unknown as Ports["definitions"],
    announcements: { send: async () => undefined },
    ids: randomIds,
    clock,
    log: (event, facts = {}) => void logged.push({ event, facts }),
    ...overrides,
  };
  return ports as Ports;
}

async function publish(): Promise<LedgerEntry> {
  return storage.direct.ledger.append(anEntryDraft({ fileType, publishedAt: clock.now() }));
}

async function deliveredTo(connectorId: string): Promise<number[]> {
  const { items } = await storage.direct.deliveries.list(connectorId, {
    limit: 1_000,
    after: null,
  });
  return items.map(({ file }) => file.sequence).sort((x, y) => x - y);
}

const eventOf = (entry: LedgerEntry) => fileAvailableMessage(entry).body;

/** Deliveries at one connector cannot be stored. */
function refusedAt(connectorId: string): Pick<Ports, "deliveries"> {
  const { deliveries } = storage.direct;
  return {
    deliveries: {
      ...deliveries,
      insert: async (delivery) => {
        if (delivery.queueId === connectorId) {
          throw new Error("the partition is busy");
        }
        return deliveries.insert(delivery);
      },
    },
  };
}

test("a file whose event was set aside reaches every subscription by the next tick", async () => {
  const ports = makePorts();
  await publish();
  clock.advance(29_999);
  await settleOwed(ports);
  expect(await deliveredTo(partners.a)).toEqual([]);

  clock.advance(1);
  await settleOwed(ports);

  expect([await deliveredTo(partners.a), await deliveredTo(partners.b)]).toEqual([[1], [1]]);
  expect(await storage.direct.ledger.owesAnything(fileType)).toBe(false);
});

test("an event hands out the files in front of its own, too, in order", async () => {
  const ports = makePorts();
  const entries = [await publish(), await publish(), await publish()];

  await fanOut(ports, eventOf(entries[1] as LedgerEntry));

  expect(await deliveredTo(partners.a)).toEqual([1, 2]);
  const owed = await all(storage.direct.ledger.notFannedOut(fileType));
  expect(owed.map(({ sequence }) => sequence)).toEqual([3]);
});

test("a connector that cannot be written to holds up nobody else, and gets its files when it can be", async () => {
  const failing = makePorts({}, refusedAt(partners.a));
  const first = await publish();
  await fanOut(failing, eventOf(first));
  const second = await publish();
  await fanOut(makePorts(), eventOf(second));

  expect(await deliveredTo(partners.b)).toEqual([1, 2]);
  // not the second before the first
  expect(await deliveredTo(partners.a)).toEqual([]);
  expect(logged).toContainEqual({
    event: "subscription-behind",
    facts: expect.objectContaining({ subscriptionId: "to-a", fileType, sequence: 1 }),
  });

  await settleOwed(makePorts());

  expect(await deliveredTo(partners.a)).toEqual([1, 2]);
  expect(await storage.direct.ledger.behind(fileType)).toEqual([]);
});

test("a subscription that cannot be read is owed its files, and gets them when it can be", async () => {
  const unreadable = {
    "subscriptions/to-a": { ...wants(partners.a), newMember: "of a later version" },
  };
  await fanOut(makePorts(unreadable), eventOf(await publish()));
  await fanOut(makePorts(unreadable), eventOf(await publish()));
  await settleOwed(makePorts(unreadable));

  expect([await deliveredTo(partners.a), await deliveredTo(partners.b)]).toEqual([[], [1, 2]]);
  expect(await storage.direct.ledger.behind(fileType)).toMatchObject([
    { subscriptionId: "to-a", from: 1 },
  ]);

  await settleOwed(makePorts());

  expect(await deliveredTo(partners.a)).toEqual([1, 2]);
  expect(await storage.direct.ledger.behind(fileType)).toEqual([]);
});

test("nothing is owed to a subscription that was deleted while it was behind", async () => {
  const unreadable = { "subscriptions/gone": { later: true } };
  await fanOut(makePorts(unreadable), eventOf(await publish()));
  expect(await storage.direct.ledger.behind(fileType)).toHaveLength(1);

  await settleOwed(makePorts());

  expect(await storage.direct.ledger.behind(fileType)).toEqual([]);
});

test("a file that is fanned out while a subscription catches up is not missed", async () => {
  await fanOut(makePorts({}, refusedAt(partners.a)), eventOf(await publish()));
  const { ledger } = storage.direct;
  let isFirst = true;
  const ports = makePorts(
    {},
    {
      ledger: {
        ...ledger,
        listFrom: async (...args) => {
          const listed = await ledger.listFrom(...args);
          if (isFirst) {
            isFirst = false;
            // after the listing, and before the note ends
            await fanOut(makePorts(), eventOf(await publish()));
          }
          return listed;
        },
      },
    },
  );

  await catchUp(ports, fileType);
  await catchUp(ports, fileType);

  expect(await deliveredTo(partners.a)).toEqual([1, 2]);
  expect(await ledger.behind(fileType)).toEqual([]);
});

test("a long backlog is caught up in steps that a crash does not repeat", async () => {
  for (let file = 1; file <= 3; file++) {
    await publish();
  }
  const { ledger } = storage.direct;
  await ledger.noteBehind(fileType, "to-a", 2);
  const short: Ports["ledger"] = {
    ...ledger,
    // stands for a page of five hundred
    listFrom: async (type, from, limit) => {
      const some = await ledger.listFrom(type, from, 1);
      return some.length === 0 ? some : new Array<LedgerEntry>(limit).fill(some[0] as LedgerEntry);
    },
  };

  await catchUp(makePorts({}, { ledger: short }), fileType);

  expect(await deliveredTo(partners.a)).toEqual([2, 3]);
});

test("one kind of debt that cannot be settled holds up no other, and no other file type", async () => {
  const other = fileType;
  await publish();
  fileType = aFileType();
  await publish();
  clock.advance(30_000);
  const stuck = fileType;
  const sent: string[] = [];
  const ports = makePorts(
    { "subscriptions/to-a": wants(partners.a, { fileTypes: [stuck, other] }) },
    {
      ledger: { ...storage.direct.ledger, fileTypes: async () => [stuck, other] },
      announcements: {
        send: async ({ subject }) => {
          if (subject === stuck) {
            throw new Error("the event is too large");
          }
          sent.push(subject);
        },
      },
    },
  );

  await expect(settleOwed(ports)).rejects.toThrow("the event is too large");

  expect(sent).toEqual([other]);
  expect(await deliveredTo(partners.a)).toEqual([1, 1]);
});

test("a file that a clock which ran ahead has published is announced and fanned out all the same", async () => {
  clock.advance(24 * 3_600_000);
  await publish();
  clock.set("2026-03-01T10:00:00Z");

  await settleOwed(makePorts());

  expect(await deliveredTo(partners.a)).toEqual([1]);
  const ready = await storage.direct.deliveries.ready(partners.a, {
    now: clock.now(),
    limit: 10,
    ordered: false,
  });
  expect(ready).toHaveLength(1);
  expect(await storage.direct.ledger.owesAnything(fileType)).toBe(false);
});

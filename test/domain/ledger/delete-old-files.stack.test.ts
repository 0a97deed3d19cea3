import { randomUUID } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { acknowledged, arrived, dequeued } from "../../../src/domain/deliveries/delivery.ts";
import { originOf } from "../../../src/domain/deliveries/delivery-id.ts";
import { downloadFile } from "../../../src/domain/deliveries/download-file.ts";
import { fanOut } from "../../../src/domain/deliveries/fan-out.ts";
import { fileAvailableMessage } from "../../../src/domain/ledger/announce-entries.ts";
import { deleteOldFiles } from "../../../src/domain/ledger/delete-old-files.ts";
import type { LedgerEntry } from "../../../src/domain/ledger/ledger-entry.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { randomIds } from "../../../src/stores/random-ids.ts";
import { connectorBody, exportBody, subscriptionBody } from "../../support/definition-bodies.ts";
import { useFaultyStorage } from "../../support/faulty-storage.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { memoryDefinitions } from "../../support/memory-definitions.ts";
import { aFileType, anEntryDraft } from "../../support/stored-things.ts";

const PUBLISHED_AT = new Date("2026-03-01T10:00:00Z");
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const storage = useFaultyStorage();
/** Connectors and file types of this test alone; the ledger's own list holds those of the other tests too. */
let connectorId = "";
let fileType = "";
const clock = manualClock("2026-03-01T10:00:00Z");

beforeEach(() => {
  connectorId = randomUUID();
  fileType = aFileType();
  clock.set(PUBLISHED_AT);
});

type TestPorts = Ports & { readonly logged: string[] };

function makePorts(overrides: Partial<Ports> = {}, definitions: object = {}): TestPorts {
  const logged: string[] = [];
  const own = memoryDefinitions({
    [`connectors/${connectorId}`]: connectorBody({ name: "Own" }),
    ...definitions,
  });
  const ports: Partial<Ports> = {
    ...storage.direct,
    ledger: { ...storage.direct.ledger, fileTypes: async () => [fileType] },
    definitions: own as unknown as Ports["definitions"],
    ids: randomIds,
    clock,
    log: (event) => void logged.push(event),
    ...overrides,
  };
  return { ...ports, logged } as TestPorts;
}

/** A file in storage and ledger, announced; and at the connector unless it is not to be. */
async function publish(
  facts: { announced?: boolean; publishedAt?: Date; delivered?: boolean } = {},
): Promise<LedgerEntry> {
  const { announced = true, publishedAt = PUBLISHED_AT, delivered = true } = facts;
  const path = { container: "files", name: `${fileType}/${randomUUID()}.csv` };
  await storage.direct.files.write(path, content(), "text/csv");
  const entry = await storage.direct.ledger.append(anEntryDraft({ fileType, publishedAt, path }));
  if (announced) {
    await storage.direct.ledger.noteAnnounced(entry);
    await storage.direct.ledger.noteFannedOut(entry);
  }
  if (announced && delivered) {
    const { originId: _, nextCursor: __, deletedAt: ___, ...file } = entry;
    await storage.direct.deliveries.insert(
      arrived({ queueId: connectorId, origin: originOf(file), file, now: publishedAt }),
    );
  }
  return entry;
}

async function* content(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("x");
}

async function deliveryOf(entry: LedgerEntry) {
  const { items } = await storage.direct.deliveries.list(connectorId, { limit: 100, after: null });
  const delivery = items.find(({ file }) => file.sequence === entry.sequence);
  if (delivery === undefined) {
    throw new Error("the file is not at the connector");
  }
  return delivery;
}

async function isKept({ path }: LedgerEntry): Promise<boolean> {
  return (await storage.direct.files.read(path)) !== null;
}

/** The connector's partner takes a file. */
async function lease(entry: LedgerEntry, leaseMs: number): Promise<void> {
  const delivery = await deliveryOf(entry);
  const options = { receipt: "r", now: clock.now(), leaseMs, ordered: false };
  expect(await storage.direct.deliveries.replace(delivery, dequeued(delivery, options))).toBe(true);
}

test("a file is deleted when seven days have passed, and not a moment before", async () => {
  const entry = await publish();
  const ports = makePorts();

  clock.advance(7 * DAY_MS - 1);
  expect([await deleteOldFiles(ports), await isKept(entry)]).toEqual([0, true]);
  clock.advance(1);
  expect([await deleteOldFiles(ports), await isKept(entry)]).toEqual([1, false]);

  expect((await deliveryOf(entry)).state).toBe("expired");
  expect((await ports.ledger.find(fileType, 1))?.deletedAt).toEqual(clock.now());
  expect(ports.logged).toEqual(["delivery-expired", "file-deleted"]);
  expect(await deleteOldFiles(ports)).toBe(0);
});

test("of several exports of one file type the longest retention counts", async () => {
  const entry = await publish();
  const ports = makePorts(
    {},
    {
      "exports/a": exportBody({ fileType, retentionDays: 1 }),
      "exports/b": exportBody({ fileType, retentionDays: 3 }),
      "exports/c": exportBody({ fileType: "Other.Type", retentionDays: 30 }),
    },
  );

  clock.advance(3 * DAY_MS - 1);
  expect([await deleteOldFiles(ports), await isKept(entry)]).toEqual([0, true]);
  clock.advance(1);
  expect([await deleteOldFiles(ports), await isKept(entry)]).toEqual([1, false]);
});

test("what was not announced and fanned out is kept, and everything behind it", async () => {
  const first = await publish();
  const unannounced = await publish({ announced: false });
  const behind = await publish();
  clock.advance(100 * DAY_MS);

  expect(await deleteOldFiles(makePorts())).toBe(1);
  expect(await Promise.all([first, unannounced, behind].map(isKept))).toEqual([false, true, true]);

  await storage.direct.ledger.noteAnnounced(unannounced);
  expect(await deleteOldFiles(makePorts())).toBe(0);
  await storage.direct.ledger.noteFannedOut(unannounced);
  expect(await deleteOldFiles(makePorts())).toBe(2);
});

test("a file that is leased is kept for a day more, and no longer", async () => {
  const entry = await publish();
  clock.advance(7 * DAY_MS - HOUR_MS);
  await lease(entry, 100 * DAY_MS);
  const ports = makePorts();

  clock.advance(HOUR_MS);
  expect([await deleteOldFiles(ports), await isKept(entry)]).toEqual([0, true]);
  expect((await deliveryOf(entry)).state).toBe("dequeued");
  clock.advance(DAY_MS);
  expect([await deleteOldFiles(ports), await isKept(entry)]).toEqual([1, false]);
  expect((await deliveryOf(entry)).state).toBe("expired");
});

test("a lease that has ended holds nothing", async () => {
  const entry = await publish();
  clock.advance(7 * DAY_MS - HOUR_MS);
  await lease(entry, 60_000);
  clock.advance(HOUR_MS);

  expect(await deleteOldFiles(makePorts())).toBe(1);
});

test("a file that is being fetched is kept for the hour that this may take", async () => {
  const entry = await publish();
  const delivery = await deliveryOf(entry);
  clock.advance(7 * DAY_MS);
  const ports = makePorts();
  await downloadFile(ports, { delivery, range: null });

  clock.advance(HOUR_MS - 1);
  expect([await deleteOldFiles(ports), await isKept(entry)]).toEqual([0, true]);
  clock.advance(1);
  expect([await deleteOldFiles(ports), await isKept(entry)]).toEqual([1, false]);
});

test("one that is held does not keep those behind it", async () => {
  const [held, free] = [await publish(), await publish()];
  clock.advance(7 * DAY_MS);
  await lease(held, DAY_MS);

  expect(await deleteOldFiles(makePorts())).toBe(1);
  expect([await isKept(held), await isKept(free)]).toEqual([true, false]);
});

test("a delivery that was acknowledged stays so", async () => {
  const entry = await publish();
  await lease(entry, DAY_MS);
  const leased = await deliveryOf(entry);
  await storage.direct.deliveries.replace(leased, acknowledged(leased, "r", clock.now()));
  clock.advance(7 * DAY_MS);

  await deleteOldFiles(makePorts());

  expect(await deliveryOf(entry)).toMatchObject({ state: "acked" });
});

test("no more than 250 files of a type are deleted by one tick", async () => {
  const entry = await publish({ delivered: false });
  const asked: number[] = [];
  const ledger: Ports["ledger"] = {
    ...storage.direct.ledger,
    fileTypes: async () => [fileType],
    kept: async (_, limit) => {
      asked.push(limit);
      return [entry];
    },
  };
  clock.advance(7 * DAY_MS);

  await deleteOldFiles(makePorts({ ledger }));

  expect(asked).toEqual([250]);
});

test("no tick begins with another file type after five minutes", async () => {
  const seen: string[] = [];
  const ledger: Ports["ledger"] = {
    ...storage.direct.ledger,
    fileTypes: async () => ["A.A", "B.B", "C.C"],
    kept: async (type) => {
      seen.push(type);
      clock.advance(3 * 60_000);
      return [];
    },
  };

  await deleteOldFiles(makePorts({ ledger }));

  expect(seen).toHaveLength(2);
});

test("a file type that fails holds up no other, and is not passed over in silence", async () => {
  const entry = await publish();
  const ledger: Ports["ledger"] = {
    ...storage.direct.ledger,
    fileTypes: async () => ["Broken.Type", fileType],
    kept: async (type, limit) => {
      if (type === "Broken.Type") {
        throw new Error("storage is down");
      }
      return storage.direct.ledger.kept(type, limit);
    },
  };
  clock.advance(7 * DAY_MS);

  await expect(deleteOldFiles(makePorts({ ledger }))).rejects.toThrow("storage is down");
  expect(await isKept(entry)).toBe(false);
});

test("an event that comes when its file is deleted already leaves a delivery that nobody is handed", async () => {
  const entry = await publish({ delivered: false });
  clock.advance(8 * DAY_MS);
  const ports = makePorts(
    {},
    {
      "subscriptions/s": subscriptionBody({
        fileTypes: [fileType],
        via: { kind: "connector", connectorId },
      }),
    },
  );
  await deleteOldFiles(ports);

  await fanOut(ports, fileAvailableMessage(entry).body);

  expect((await deliveryOf(entry)).state).toBe("expired");
  const request = { now: clock.now(), limit: 9, ordered: false };
  expect(await ports.deliveries.ready(connectorId, request)).toEqual([]);
});

test("a download of a file that the ledger knows as deleted takes its delivery out of the queue", async () => {
  const entry = await publish();
  await storage.direct.files.delete(entry.path);
  const ports = makePorts();
  const delivery = await deliveryOf(entry);
  const download = () => downloadFile(ports, { delivery, range: null });

  await expect(download()).rejects.toMatchObject({ code: "file-not-found" });
  expect((await deliveryOf(entry)).state).toBe("enqueued");

  await ports.ledger.noteDeleted(entry, clock.now());
  await expect(download()).rejects.toMatchObject({ code: "file-not-found" });
  expect(await deliveryOf(entry)).toMatchObject({ state: "expired", downloadedAt: null });
});

import { expect, test } from "vitest";
import {
  acknowledged,
  type Delivery,
  dequeued,
  expired,
  isTakeable,
  rejected,
  requeued,
} from "../../src/domain/deliveries/delivery.ts";
import { PASSING_FAULTS, useFaultyStorage } from "../support/faulty-storage.ts";
import { aDelivery } from "../support/stored-things.ts";

const storage = useFaultyStorage();

const NOW = new Date("2026-03-01T11:00:00Z");
const LATER = new Date("2026-03-02T11:00:00Z");

function leased(delivery: Delivery, receipt: string): Delivery {
  return dequeued(delivery, { receipt, now: NOW, leaseMs: 60_000, ordered: false });
}

/** A delivery at a connector of its own, stored, and leased with the receipt "r" if asked. */
async function stored(facts: Partial<Delivery> = {}): Promise<Delivery> {
  const delivery = aDelivery(facts);
  await storage.direct.deliveries.insert(delivery);
  return delivery;
}

async function settled(): Promise<Delivery> {
  const delivery = await stored();
  const held = leased(delivery, "r");
  const done = acknowledged(held, "r", NOW);
  await storage.direct.deliveries.replace(delivery, held);
  await storage.direct.deliveries.replace(held, done);
  return done;
}

async function readyIds(queueId: string): Promise<string[]> {
  const request = { now: LATER, limit: 100, ordered: false };
  return (await storage.direct.deliveries.ready(queueId, request)).map(({ id }) => id);
}

async function several(count: number): Promise<Delivery[]> {
  const { queueId } = aDelivery();
  const deliveries = Array.from({ length: count }, (_, index) => aDelivery({ queueId }, index + 1));
  await Promise.all(deliveries.map((delivery) => storage.direct.deliveries.insert(delivery)));
  return deliveries;
}

test("33 deliveries are replaced in one transaction", async () => {
  const deliveries = await several(33);
  const before = storage.tables.requests.length;

  const changes = deliveries.map((delivery) => ({
    before: delivery,
    after: leased(delivery, "r"),
  }));

  expect(await storage.faulty.deliveries.replaceAll(changes)).toBe(true);
  expect(storage.tables.requests.length - before).toBe(1);
  for (const { after } of changes) {
    expect(await storage.direct.deliveries.find(after.queueId, after.id)).toMatchObject({
      ...after,
    });
  }
});

test("of several deliveries none is replaced when somebody was faster with one", async () => {
  const deliveries = await several(3);
  const [, second] = deliveries as [Delivery, Delivery, Delivery];
  await storage.direct.deliveries.replace(second, leased(second, "theirs"));

  const changes = deliveries.map((delivery) => ({
    before: delivery,
    after: leased(delivery, "mine"),
  }));

  expect(await storage.direct.deliveries.replaceAll(changes)).toBe(false);
  const states = (await storage.direct.deliveries.list(second.queueId, { limit: 9, after: null }))
    .items;
  expect(states.map(({ state }) => state).toSorted()).toEqual(["dequeued", "enqueued", "enqueued"]);
});

test("several deliveries that are too large for one transaction go one by one", async () => {
  const deliveries = (await several(4)).map((delivery) => ({
    ...delivery,
    rejection: { reason: "x".repeat(300_000), at: NOW },
  }));
  const changes = deliveries.map((delivery) => ({
    before: delivery,
    after: leased(delivery, "r"),
  }));

  expect(await storage.direct.deliveries.replaceAll(changes)).toBe(false);
  for (const { before, after } of changes) {
    expect(await storage.direct.deliveries.replace(before, after)).toBe(true);
  }
});

test("nothing to replace is fine", async () => {
  expect(await storage.direct.deliveries.replaceAll([])).toBe(true);
});

function faults(): number {
  return storage.tables.requests.filter(({ fault }) => fault !== null).length;
}

test.each(Object.entries(PASSING_FAULTS))(
  "when %s, what was written once is written",
  async (_, fault) => {
    const { deliveries } = storage.faulty;
    const [first, second] = (await several(2)) as [Delivery, Delivery];
    const done = await settled();
    const dropped = await settled();
    const batch = [first, second].map((delivery) => ({
      before: delivery,
      after: leased(delivery, "r"),
    }));
    const again = requeued(done, { now: NOW, ordered: false });
    const writes: Record<string, () => Promise<unknown>> = {
      replaceAll: () => deliveries.replaceAll(batch),
      "replace of a settled one": () => deliveries.replace(done, again),
      delete: () => deliveries.delete(dropped),
      noteDownload: () => deliveries.noteDownload(first, NOW).then(() => true),
    };

    for (const [name, write] of Object.entries(writes)) {
      storage.tables.inject({ method: name === "noteDownload" ? "PATCH" : "POST", fault });
      storage.tables.inject({ method: "DELETE", fault });
      const faultsBefore = faults();
      expect([name, await write()]).toEqual([name, true]);
      expect([name, faults() - faultsBefore]).toEqual([name, 1]);
      storage.tables.clear();
    }

    const { find } = storage.direct.deliveries;
    expect(await find(first.queueId, first.id)).toMatchObject({ downloadedAt: NOW });
    expect(await find(second.queueId, second.id)).toMatchObject({ state: "dequeued" });
    expect(await find(done.queueId, done.id)).toMatchObject({ state: "enqueued", requeues: 1 });
    expect(await find(dropped.queueId, dropped.id)).toBeNull();
    expect(await readyIds(done.queueId)).toEqual([done.id]);
  },
);

test("of two who send a settled delivery back at once, one is told that it was late", async () => {
  const done = await settled();
  const at = (ms: number) => requeued(done, { now: new Date(NOW.getTime() + ms), ordered: false });

  const outcomes = await Promise.all(
    [1, 2, 3, 4].map((ms) => storage.direct.deliveries.replace(done, at(ms))),
  );

  expect(outcomes.filter(Boolean)).toHaveLength(1);
  expect(await readyIds(done.queueId)).toEqual([done.id]);
});

test.each([
  ["rejected", (held: Delivery) => rejected(held, "r", { reason: "bad", now: NOW })],
  ["expired", (held: Delivery) => expired(held, NOW)],
])("a delivery that is %s is handed to nobody, until it is sent back", async (state, change) => {
  const { deliveries } = storage.direct;
  const delivery = await stored();
  const held = leased(delivery, "r");
  const done = change(held);
  await deliveries.replace(delivery, held);

  expect(await deliveries.replace(held, done)).toBe(true);
  expect(await readyIds(delivery.queueId)).toEqual([]);
  expect(await deliveries.find(delivery.queueId, delivery.id)).toMatchObject({ state });

  const again = requeued(done, { now: NOW, ordered: false });
  expect(await deliveries.replace(done, again)).toBe(true);
  expect(await readyIds(delivery.queueId)).toEqual([delivery.id]);
  expect(await deliveries.replace(again, leased(again, "next"))).toBe(true);
});

test("a delivery that arrives expired is handed to nobody", async () => {
  const delivery = await stored({ state: "expired" });

  expect(isTakeable(delivery)).toBe(false);
  expect(await readyIds(delivery.queueId)).toEqual([]);
  expect(await storage.direct.deliveries.insert(delivery)).toBe(false);
});

test("a download that is noted disturbs nobody, and stays noted", async () => {
  const { deliveries } = storage.direct;
  const delivery = await stored();
  const { queueId, id } = delivery;

  await deliveries.noteDownload(delivery, NOW);
  expect(await deliveries.replace(delivery, leased(delivery, "r"))).toBe(true);
  await deliveries.noteDownload(delivery, LATER);
  const found = await deliveries.find(queueId, id);

  expect(found).toMatchObject({ state: "dequeued", downloadedAt: LATER });
  expect((await deliveries.list(queueId, { limit: 1, after: null })).items).toEqual([found]);
  // a delivery that was read before the note is written again without undoing the note
  const held = { ...leased(delivery, "r"), downloadedAt: null };
  expect(await deliveries.replace(held, acknowledged(held, "r", NOW))).toBe(true);
  expect(await deliveries.find(queueId, id)).toMatchObject({
    state: "acked",
    downloadedAt: LATER,
  });
});

test("a download of a delivery that is gone is noted nowhere", async () => {
  const delivery = aDelivery();
  await storage.direct.deliveries.noteDownload(delivery, NOW);

  expect(await storage.direct.deliveries.find(delivery.queueId, delivery.id)).toBeNull();
});

test("a delivery that becomes shorter keeps nothing of what it was", async () => {
  const { deliveries } = storage.direct;
  const delivery = await stored();
  const long = {
    ...leased(delivery, "r"),
    rejection: { reason: "ä".repeat(70_000), at: NOW },
  };
  const short = { ...acknowledged(long, "r", NOW), rejection: null };

  await deliveries.replace(delivery, long);
  expect(await deliveries.find(delivery.queueId, delivery.id)).toMatchObject({ ...long });
  await deliveries.replace(long, short);
  expect(await deliveries.find(delivery.queueId, delivery.id)).toMatchObject({ ...short });
});

test("delete leaves a delivery alone that somebody has changed", async () => {
  const { deliveries } = storage.direct;
  const done = await settled();
  const again = requeued(done, { now: NOW, ordered: false });
  await deliveries.replace(done, again);

  expect(await deliveries.delete(done)).toBe(false);
  expect(await deliveries.find(done.queueId, done.id)).toMatchObject({ state: "enqueued" });
});

test("delete says false when somebody changes the delivery between its look and its deletion", async () => {
  const done = await settled();
  const changed = Promise.withResolvers<void>();
  const { met } = storage.tables.inject({
    method: "DELETE",
    fault: { kind: "hold", until: changed.promise },
  });

  const deleting = storage.faulty.deliveries.delete(done);
  await met;
  await storage.direct.deliveries.replace(done, requeued(done, { now: NOW, ordered: false }));
  changed.resolve();

  expect(await deleting).toBe(false);
  expect(await readyIds(done.queueId)).toEqual([done.id]);
});

test("delete of a delivery that is gone is fine", async () => {
  expect(await storage.direct.deliveries.delete(aDelivery({ state: "acked" }))).toBe(true);
});

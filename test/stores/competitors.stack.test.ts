import { expect, test } from "vitest";
import { acknowledgeDelivery } from "../../src/domain/deliveries/acknowledge-delivery.ts";
import { acknowledged, dequeued } from "../../src/domain/deliveries/delivery.ts";
import { randomIds } from "../../src/stores/random-ids.ts";
import { dequeueOne } from "../support/dequeue-one.ts";
import { useFaultyStorage } from "../support/faulty-storage.ts";
import { manualClock } from "../support/manual-clock.ts";
import {
  aConnector,
  aDeletion,
  aDelivery,
  aFileType,
  all,
  anEntryDraft,
  aRun,
  aSlot,
} from "../support/stored-things.ts";

/** Where several write the same thing, one wins, and the others are told. */
const storage = useFaultyStorage();

const MANY = 50;
const EVERYTHING = { limit: 1_000, after: null };
const LATER = new Date("2026-03-01T11:00:00Z");
const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));
const winners = (won: readonly boolean[]): number => won.filter(Boolean).length;

test("deliveries.insert says false for a delivery that is there, in whatever state", async () => {
  const { deliveries } = storage.direct;
  const delivery = aDelivery();
  await deliveries.insert(delivery);
  const again = { ...delivery, enqueuedAt: LATER };

  expect(await deliveries.insert(again)).toBe(false);
  await deliveries.replace(delivery, { ...delivery, state: "acked", ackedAt: LATER });

  expect(await deliveries.insert(again)).toBe(false);
  expect(await deliveries.find(delivery.queueId, delivery.id)).toMatchObject({
    state: "acked",
  });
  const ready = await deliveries.ready(delivery.queueId, {
    now: LATER,
    limit: 9,
    ordered: false,
  });
  expect(ready).toEqual([]);
});

test("deliveries.replace says false when somebody replaced the delivery since it was read", async () => {
  const { deliveries } = storage.direct;
  const delivery = aDelivery();
  await deliveries.insert(delivery);
  const mine = dequeued(delivery, lease("mine"));
  const theirs = dequeued(delivery, lease("theirs"));

  expect(await deliveries.replace(delivery, theirs)).toBe(true);

  expect(await deliveries.replace(delivery, mine)).toBe(false);
  expect(await deliveries.find(delivery.queueId, delivery.id)).toMatchObject({ ...theirs });
  expect(await deliveries.replace(theirs, acknowledged(theirs, "theirs", LATER))).toBe(true);
  expect(await deliveries.replace(theirs, mine)).toBe(false);
});

test("a competitor's write that comes in after a lost request is a conflict", async () => {
  const delivery = aDelivery();
  await storage.direct.deliveries.insert(delivery);
  const theirs = dequeued(delivery, lease("theirs"));
  const competitor = Promise.withResolvers<void>();
  storage.tables.inject({ fault: { kind: "lose-request" } });
  storage.tables.inject({ skip: 1, fault: { kind: "hold", until: competitor.promise } });

  const replacing = storage.faulty.deliveries.replace(delivery, dequeued(delivery, lease("mine")));
  await storage.direct.deliveries.replace(delivery, theirs);
  competitor.resolve();

  expect(await replacing).toBe(false);
  expect(await storage.direct.deliveries.find(delivery.queueId, delivery.id)).toMatchObject({
    ...theirs,
  });
});

test(`of ${MANY} claims of one slot one wins, and its run is the only one`, async () => {
  const { runs } = storage.direct;
  const exportId = "fifty-claims";
  const contenders = times(MANY, () => aRun({ exportId }));

  const won = await Promise.all(contenders.map((run) => runs.claim(aSlot(run), run, null)));

  expect(winners(won)).toBe(1);
  const winner = contenders[won.indexOf(true)];
  expect((await runs.listRuns(exportId, EVERYTHING)).items).toEqual([winner]);
  expect((await runs.current(exportId)).active).toHaveLength(1);
  expect((await runs.listSlots(exportId, EVERYTHING)).items).toMatchObject([
    { runId: winner?.runId },
  ]);
});

test(`of ${MANY} ends of one run one wins, and the cursor is the winner's`, async () => {
  const { runs } = storage.direct;
  const run = aRun();
  await runs.request(run);
  const ends = times(
    MANY,
    (index) => ({ ...run, state: "succeeded", postponements: index }) as const,
  );

  const won = await Promise.all(ends.map((end) => runs.finish(end, `cursor-${end.postponements}`)));

  expect(winners(won)).toBe(1);
  const winner = won.indexOf(true);
  expect(await runs.current(run.exportId)).toMatchObject({
    cursor: `cursor-${winner}`,
    active: [],
  });
  expect(await runs.find(run.exportId, run.runId)).toMatchObject({ postponements: winner });
});

test("a finished run takes no update, and a second end moves no cursor", async () => {
  const { runs } = storage.direct;
  const run = aRun();
  await runs.request(run);
  const ended = { ...run, state: "failed", endedAt: LATER } as const;
  await runs.finish(ended, null);

  expect(await runs.update({ ...run, state: "running" }, { held: 0, at: LATER })).toBe(false);
  expect(await runs.finish({ ...run, state: "succeeded" }, "moved")).toBe(false);

  expect(await runs.find(run.exportId, run.runId)).toEqual(ended);
  expect(await runs.current(run.exportId)).toMatchObject({ cursor: null, active: [] });
});

test(`${MANY} files published at once get the numbers 1 to ${MANY}, each one`, async () => {
  const { ledger } = storage.direct;
  const fileType = aFileType();
  const drafts = times(MANY, () => anEntryDraft({ fileType }));

  const entries = await Promise.all(drafts.map((draft) => ledger.append(draft)));

  const numbers = times(MANY, (index) => index + 1);
  expect(entries.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual(numbers);
  const listed = (await ledger.list(fileType, EVERYTHING)).items;
  expect(listed.map(({ sequence }) => sequence)).toEqual(numbers);
  expect(listed).toEqual(entries.toSorted((a, b) => a.sequence - b.sequence));
  expect(await all(ledger.unannounced(fileType))).toEqual(listed);
});

test("one origin has one entry, however many publish it at once", async () => {
  const { ledger } = storage.direct;
  const draft = anEntryDraft();

  const entries = await Promise.all(times(10, () => ledger.append(draft)));

  expect(new Set(entries.map(({ sequence }) => sequence))).toEqual(new Set([1]));
  expect((await ledger.list(draft.fileType, EVERYTHING)).items).toHaveLength(1);
});

test.each([
  { ordered: false, deliveries: 20 },
  { ordered: false, deliveries: 80 },
  { ordered: true, deliveries: 20 },
])(
  `of ${MANY} dequeues at once over $deliveries deliveries (ordered: $ordered) no two get the same`,
  async ({ ordered, deliveries: count }) => {
    const { deliveries } = storage.direct;
    const { queueId } = aDelivery();
    await Promise.all(
      times(count, (index) => deliveries.insert(aDelivery({ queueId }, index + 1))),
    );
    const ports = { deliveries, ids: randomIds, clock: manualClock("2026-03-01T11:00:00Z") };
    const connector = { leaseSeconds: 60, ordered };

    const taken = await Promise.all(times(MANY, () => dequeueOne(ports, { queueId, connector })));

    const ids = taken.flatMap((one) => (one === null ? [] : [one.delivery.id]));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(0);
    if (ordered) {
      expect(taken.flatMap((one) => one?.delivery.file.sequence ?? [])).toEqual([1]);
    }
    const stored = (await deliveries.list(queueId, EVERYTHING)).items;
    expect(stored.filter(({ dequeues }) => dequeues === 1)).toHaveLength(ids.length);
    expect(stored.filter(({ dequeues }) => dequeues > 1)).toEqual([]);
  },
  180_000,
);

test("dequeues one after the other hand out every delivery once, oldest first", async () => {
  const { deliveries } = storage.direct;
  const { queueId } = aDelivery();
  for (const sequence of [3, 1, 2]) {
    await deliveries.insert(aDelivery({ queueId }, sequence));
  }
  const ports = { deliveries, ids: randomIds, clock: manualClock("2026-03-01T11:00:00Z") };
  const connector = { leaseSeconds: 60, ordered: false };
  const dequeue = () => dequeueOne(ports, { queueId, connector });

  const taken = [await dequeue(), await dequeue(), await dequeue(), await dequeue()];

  expect(taken.map((one) => one?.delivery.file.sequence)).toEqual([1, 2, 3, undefined]);
});

test(`${MANY} acknowledgements of one lease at once all succeed, and the delivery is acked once`, async () => {
  const { deliveries } = storage.direct;
  const delivery = aDelivery();
  await deliveries.insert(delivery);
  const leased = dequeued(delivery, lease("receipt"));
  await deliveries.replace(delivery, leased);
  const { queueId, id: deliveryId } = delivery;
  const ports = { deliveries, clock: manualClock("2026-03-01T11:00:00Z") };

  const acked = await Promise.all(
    times(MANY, () =>
      acknowledgeDelivery(ports, {
        ...{ queueId, deliveryId, receipt: "receipt" },
        connector: { acknowledge: "always" },
      }),
    ),
  );

  expect(acked.every(({ state }) => state === "acked")).toBe(true);
  const ready = await deliveries.ready(queueId, { now: LATER, limit: 9, ordered: false });
  expect(ready).toEqual([]);
});

test("definitions.put says that the definition changed when somebody was faster", async () => {
  const { definitions } = storage.direct;
  const connector = aConnector();
  const renamed = (name: string) => ({ ...connector, body: { ...connector.body, name } });
  const outcomes = await Promise.allSettled(
    times(MANY, (index) => definitions.put("connectors", renamed(`Creator ${index}`), null)),
  );
  const created = outcomes.filter((outcome) => outcome.status === "fulfilled");
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");

  expect(created).toHaveLength(1);
  expect(new Set(refused.map(({ reason }) => reason.code))).toEqual(
    new Set(["definition-changed"]),
  );
  const first = await definitions.find("connectors", connector.id);
  expect(first).toEqual(created[0]?.value);

  const etag = first?.etag ?? "";
  const second = await definitions.put("connectors", renamed("Second"), etag);

  await expect(definitions.put("connectors", renamed("Third"), etag)).rejects.toMatchObject({
    code: "definition-changed",
  });
  await expect(
    definitions.delete("connectors", connector.id, aDeletion(etag)),
  ).rejects.toMatchObject({
    code: "definition-changed",
  });
  expect(await definitions.find("connectors", connector.id)).toEqual(second);
});

test("definitions.put of one version says that it changed when it was deleted", async () => {
  const { definitions } = storage.direct;
  const connector = aConnector();
  const { etag } = await definitions.put("connectors", connector, null);
  await definitions.delete("connectors", connector.id, aDeletion(etag));

  await expect(definitions.put("connectors", connector, etag)).rejects.toMatchObject({
    code: "definition-changed",
  });
  await expect(definitions.delete("connectors", connector.id, aDeletion())).rejects.toMatchObject({
    code: "definition-not-found",
  });
  expect(await definitions.find("connectors", connector.id)).toBeNull();
});

test.each(["abc", '"abc"', 'W/"abc"', "", '"a", "b"'])(
  "the condition %j, which is not an ETag of the storage, is not a version of anything",
  async (etag) => {
    const { definitions } = storage.direct;
    const connector = aConnector();
    const stored = await definitions.put("connectors", connector, null);

    await expect(definitions.put("connectors", connector, etag)).rejects.toMatchObject({
      code: "definition-changed",
    });
    await expect(
      definitions.delete("connectors", connector.id, aDeletion(etag)),
    ).rejects.toMatchObject({
      code: "definition-changed",
    });
    expect(await definitions.find("connectors", connector.id)).toEqual(stored);
  },
);

function lease(receipt: string) {
  return { receipt, now: LATER, leaseMs: 60_000, ordered: false };
}

import { expect, test } from "vitest";
import {
  acknowledged,
  arrived,
  type Delivery,
  dequeued,
  expired,
  isTakeable,
  isVisible,
  rejected,
  released,
  renewed,
  requeued,
} from "../../../src/domain/deliveries/delivery.ts";
import { isAppError } from "../../../src/domain/errors.ts";
import { aFile } from "../../support/file.ts";
import { drawn, grid } from "../../support/grid.ts";

const at = (time: string): Date => new Date(`2026-03-01T${time}:00Z`);
const MINUTE_MS = 60_000;
const LEASE = { now: at("10:05"), leaseMs: 30 * MINUTE_MS, ordered: false };
const NOW = at("10:20");

const enqueued = arrived({ queueId: "a", origin: "o", file: aFile(), now: at("10:00") });
const leased = dequeued(enqueued, { ...LEASE, receipt: "last" });
const leasedAgain = dequeued(dequeued(enqueued, { ...LEASE, receipt: "stale" }), {
  ...LEASE,
  receipt: "last",
});
const givenBack = released(leased, "last", { now: at("10:10"), delayMs: 0, ordered: false });
const setAside = rejected(leased, "last", { reason: "bad", now: at("10:10") });
const acked = acknowledged(leased, "last", at("10:10"));
const expiredUntaken = expired(enqueued, at("10:10"));
const expiredLeased = expired(leased, at("10:10"));
const sentBack = requeued(acked, { now: at("10:15"), ordered: false });

/** Each receipt-bound act comes with the newest receipt and, as `stale`, with an earlier one. */
const ACTS: Readonly<Record<string, (delivery: Delivery) => Delivery>> = {
  renew: (delivery) => renewed(delivery, "last", { ...LEASE, now: NOW }),
  "renew, stale": (delivery) => renewed(delivery, "stale", { ...LEASE, now: NOW }),
  release: (delivery) => released(delivery, "last", { now: NOW, delayMs: 0, ordered: false }),
  "release, stale": (delivery) =>
    released(delivery, "stale", { now: NOW, delayMs: 0, ordered: false }),
  reject: (delivery) => rejected(delivery, "last", { reason: "new reason", now: NOW }),
  "reject, stale": (delivery) => rejected(delivery, "stale", { reason: "new reason", now: NOW }),
  ack: (delivery) => acknowledged(delivery, "last", NOW),
  "ack, stale": (delivery) => acknowledged(delivery, "stale", NOW),
  "ack, id alone": (delivery) => acknowledged(delivery, null, NOW),
  expire: (delivery) => expired(delivery, NOW),
  requeue: (delivery) => requeued(delivery, { now: NOW, ordered: false }),
};

const STATES: Readonly<Record<string, Delivery>> = {
  enqueued,
  leased,
  "leased again": leasedAgain,
  released: givenBack,
  rejected: setAside,
  acked,
  "expired, never taken": expiredUntaken,
  "expired while leased": expiredLeased,
  requeued: sentBack,
};

/** The new state, `=` if nothing changes, or the code of the refusal without `delivery-`. */
function outcome(delivery: Delivery, act: (delivery: Delivery) => Delivery): string {
  try {
    const next = act(delivery);
    return next === delivery ? "=" : next.state;
  } catch (error) {
    return isAppError(error) ? error.code.replace("delivery-", "") : "?";
  }
}

const BY_A_LEASE = `
  state                | renew      | renew, stale      | release    | release, stale    | reject     | reject, stale
  enqueued             | not-leased | not-leased        | not-leased | not-leased        | not-leased | not-leased
  leased               | dequeued   | leased-by-another | enqueued   | leased-by-another | rejected   | leased-by-another
  leased again         | dequeued   | leased-by-another | enqueued   | leased-by-another | rejected   | leased-by-another
  released             | not-leased | not-leased        | =          | not-leased        | not-leased | not-leased
  rejected             | not-leased | not-leased        | not-leased | not-leased        | =          | not-leased
  acked                | not-leased | not-leased        | not-leased | not-leased        | not-leased | not-leased
  expired, never taken | not-leased | not-leased        | not-leased | not-leased        | not-leased | not-leased
  expired while leased | not-leased | not-leased        | not-leased | not-leased        | not-leased | not-leased
  requeued             | not-leased | not-leased        | not-leased | not-leased        | not-leased | not-leased
`;

const FOR_GOOD = `
  state                | ack        | ack, stale        | ack, id alone | expire  | requeue
  enqueued             | not-found  | not-found         | not-found     | expired | =
  leased               | acked      | leased-by-another | acked         | expired | enqueued
  leased again         | acked      | leased-by-another | acked         | expired | enqueued
  released             | acked      | leased-by-another | not-found     | expired | enqueued
  rejected             | not-leased | not-leased        | not-leased    | expired | enqueued
  acked                | =          | =                 | =             | =       | enqueued
  expired, never taken | not-found  | not-found         | not-found     | =       | enqueued
  expired while leased | acked      | leased-by-another | acked         | =       | enqueued
  requeued             | not-found  | not-found         | not-found     | expired | =
`;

/** The acts in a table's head. */
function actsOf(table: string): typeof ACTS {
  const [, ...names] = drawn(table)[0]?.split(" | ") ?? [];
  return Object.fromEntries(Object.entries(ACTS).filter(([name]) => names.includes(name)));
}

test.each([
  ["an act by a lease", BY_A_LEASE],
  ["an acknowledgement, the end of the file and an operator", FOR_GOOD],
])("what %s does to a delivery in each state", async (_, table) => {
  expect(await grid({ states: STATES, acts: actsOf(table) }, outcome)).toEqual(drawn(table));
});

test("the tables have every act", () => {
  expect([...Object.keys(actsOf(BY_A_LEASE)), ...Object.keys(actsOf(FOR_GOOD))]).toEqual(
    Object.keys(ACTS),
  );
});

test("every change has a revision of its own, so that no key in storage comes back", () => {
  const changes = Object.values(STATES).flatMap((delivery) =>
    Object.values(ACTS).flatMap((act) => {
      const states: string[] = ["enqueued", "dequeued", "acked", "rejected", "expired"];
      return states.includes(outcome(delivery, act)) ? [{ delivery, next: act(delivery) }] : [];
    }),
  );

  expect(changes).toHaveLength(26);
  for (const { delivery, next } of changes) {
    expect(next.revision).toBe(delivery.revision + 1);
    expect(next.changedAt).toEqual(NOW);
  }
});

test("renewed counts from now, keeps the receipt, and never shortens a lease", () => {
  const longer = renewed(leased, "last", { ...LEASE, now: NOW });
  expect(longer).toMatchObject({ visibleAt: at("10:50"), position: at("10:50") });
  expect(longer.receiptHash).toBe(leased.receiptHash);
  expect(longer.dequeues).toBe(1);

  const shorter = renewed(leased, "last", { ...LEASE, now: NOW, leaseMs: MINUTE_MS });
  expect(shorter.visibleAt).toEqual(leased.visibleAt);
});

test("renewed revives a lease that has ended as long as nobody else has the delivery", () => {
  expect(renewed(leased, "last", { ...LEASE, now: at("12:00") }).visibleAt).toEqual(at("12:30"));
});

test("released makes the delivery visible after the delay, and its receipt still acknowledges it", () => {
  const next = released(leased, "last", { now: NOW, delayMs: 5 * MINUTE_MS, ordered: false });

  expect(isVisible(next, at("10:24"))).toBe(false);
  expect(isVisible(next, at("10:25"))).toBe(true);
  expect(acknowledged(next, "last", at("10:26")).state).toBe("acked");
});

test("rejected keeps the first reason, also when the delivery is sent back", () => {
  expect(setAside.rejection).toEqual({ reason: "bad", at: at("10:10") });
  expect(rejected(setAside, "last", { reason: "other", now: NOW })).toBe(setAside);
  expect(requeued(setAside, { now: NOW, ordered: false })).toMatchObject({
    state: "enqueued",
    rejection: { reason: "bad" },
    requeues: 1,
  });
});

test("requeued voids every receipt, and is told from a first delivery", () => {
  expect(sentBack).toMatchObject({
    receiptHash: null,
    ackedAt: null,
    lastDequeuedAt: at("10:05"),
    visibleAt: at("10:15"),
  });
});

test("requeued ends the wait of a delivery that was given back with a delay", () => {
  const later = released(leased, "last", { now: NOW, delayMs: 60 * MINUTE_MS, ordered: false });

  expect(requeued(later, { now: NOW, ordered: false }).visibleAt).toEqual(NOW);
});

test.each([
  ["renewed", renewed(leased, "last", { ...LEASE, now: NOW, ordered: true })],
  ["released", released(leased, "last", { now: NOW, delayMs: 1, ordered: true })],
  ["requeued", requeued(acked, { now: NOW, ordered: true })],
])("a delivery that is %s keeps its place in an ordered queue", (_, delivery) => {
  expect(delivery.position).toEqual(delivery.file.publishedAt);
});

/** The leases end at 10:35, the delay of the delivery that was given back at 10:20; the requeue is at 10:15. */
const VISIBLE = `
  state                | 10:00 | 10:19 | 10:20 | 10:34 | 10:35 | 23:00 | takeable
  enqueued             | yes   | yes   | yes   | yes   | yes   | yes   | yes
  leased               | -     | -     | -     | -     | yes   | yes   | yes
  leased again         | -     | -     | -     | -     | yes   | yes   | yes
  released with delay  | -     | -     | yes   | yes   | yes   | yes   | yes
  rejected             | -     | -     | -     | -     | -     | -     | -
  acked                | -     | -     | -     | -     | -     | -     | -
  expired, never taken | -     | -     | -     | -     | -     | -     | -
  expired while leased | -     | -     | -     | -     | -     | -     | -
  requeued             | -     | yes   | yes   | yes   | yes   | yes   | yes
`;

test("isVisible and isTakeable of a delivery in each state, at each time", async () => {
  const { released: _, ...others } = STATES;
  const delay = { now: at("10:10"), delayMs: 10 * MINUTE_MS, ordered: false };
  const order = drawn(VISIBLE).map((line) => line.split(" | ")[0] ?? "");
  const all = { ...others, "released with delay": released(leased, "last", delay) };
  const states = Object.fromEntries(
    Object.entries(all).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)),
  );
  const times = ["10:00", "10:19", "10:20", "10:34", "10:35", "23:00"];
  const acts = {
    ...Object.fromEntries(
      times.map((time) => [time, (delivery: Delivery) => isVisible(delivery, at(time))]),
    ),
    takeable: isTakeable,
  };

  const found = await grid({ states, acts }, (delivery, act) => (act(delivery) ? "yes" : "-"));
  expect(found).toEqual(drawn(VISIBLE));
});

test("ids sort by when the file was published, and are GUIDs", () => {
  const ids = ["09:00", "10:00", "11:00"].map(
    (time) =>
      arrived({
        queueId: "a",
        origin: "o",
        file: aFile({ publishedAt: at(time) }),
        now: at("12:00"),
      }).id,
  );

  expect(ids).toEqual(ids.toSorted());
  expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
});

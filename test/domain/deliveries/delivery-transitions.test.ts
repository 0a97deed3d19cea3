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

const EVENTS: Readonly<Record<string, (delivery: Delivery) => Delivery>> = {
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

/** Outcome of an event: the new state, `=` when nothing changes, or the code of the refusal. */
function outcome(delivery: Delivery, event: string): string {
  try {
    const next = EVENTS[event]?.(delivery) ?? delivery;
    return next === delivery ? "=" : next.state;
  } catch (error) {
    return isAppError(error) ? error.code : "?";
  }
}

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

const NOT_LEASED = "delivery-not-leased";
const ANOTHER = "delivery-leased-by-another";
const NOT_FOUND = "delivery-not-found";

/** One row a state, one column an event, in the order of EVENTS. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  //        renew, stale            release, stale          reject, stale            ack, stale, id alone            expire, requeue
  enqueued: [
    ...twice(NOT_LEASED),
    ...twice(NOT_LEASED),
    ...twice(NOT_LEASED),
    ...thrice(NOT_FOUND),
    "expired",
    "=",
  ],
  leased: [
    "dequeued",
    ANOTHER,
    "enqueued",
    ANOTHER,
    "rejected",
    ANOTHER,
    "acked",
    ANOTHER,
    "acked",
    "expired",
    "enqueued",
  ],
  "leased again": [
    "dequeued",
    ANOTHER,
    "enqueued",
    ANOTHER,
    "rejected",
    ANOTHER,
    "acked",
    ANOTHER,
    "acked",
    "expired",
    "enqueued",
  ],
  released: [
    ...twice(NOT_LEASED),
    "=",
    NOT_LEASED,
    ...twice(NOT_LEASED),
    "acked",
    ANOTHER,
    NOT_FOUND,
    "expired",
    "enqueued",
  ],
  rejected: [
    ...twice(NOT_LEASED),
    ...twice(NOT_LEASED),
    "=",
    NOT_LEASED,
    ...thrice(NOT_LEASED),
    "expired",
    "enqueued",
  ],
  acked: [
    ...twice(NOT_LEASED),
    ...twice(NOT_LEASED),
    ...twice(NOT_LEASED),
    ...thrice("="),
    "=",
    "enqueued",
  ],
  "expired, never taken": [
    ...twice(NOT_LEASED),
    ...twice(NOT_LEASED),
    ...twice(NOT_LEASED),
    ...thrice(NOT_FOUND),
    "=",
    "enqueued",
  ],
  "expired while leased": [
    ...twice(NOT_LEASED),
    ...twice(NOT_LEASED),
    ...twice(NOT_LEASED),
    "acked",
    ANOTHER,
    "acked",
    "=",
    "enqueued",
  ],
  requeued: [
    ...twice(NOT_LEASED),
    ...twice(NOT_LEASED),
    ...twice(NOT_LEASED),
    ...thrice(NOT_FOUND),
    "expired",
    "=",
  ],
};

function twice(text: string): string[] {
  return [text, text];
}

function thrice(text: string): string[] {
  return [text, text, text];
}

test.each(Object.entries(TABLE))("what each event does to a delivery that is %s", (state, row) => {
  const delivery = STATES[state] ?? enqueued;

  const outcomes = Object.keys(EVENTS).map((event) => `${event}: ${outcome(delivery, event)}`);

  expect(outcomes).toEqual(Object.keys(EVENTS).map((event, index) => `${event}: ${row[index]}`));
});

test("every change has a revision of its own, so that no key in storage comes back", () => {
  for (const delivery of Object.values(STATES)) {
    for (const event of Object.keys(EVENTS)) {
      const code = outcome(delivery, event);
      if (code !== "=" && !code.startsWith("delivery-")) {
        expect(EVENTS[event]?.(delivery).revision).toBe(delivery.revision + 1);
        expect(EVENTS[event]?.(delivery).changedAt).toEqual(NOW);
      }
    }
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

test.each(Object.entries(STATES))("isTakeable of a delivery that is %s", (_, delivery) => {
  expect(isTakeable(delivery)).toBe(["enqueued", "dequeued"].includes(delivery.state));
  expect(isVisible(delivery, at("23:00"))).toBe(isTakeable(delivery));
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

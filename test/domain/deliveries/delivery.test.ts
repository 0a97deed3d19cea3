import { expect, test } from "vitest";
import {
  acknowledged,
  arrived,
  type Delivery,
  dequeued,
  isVisible,
} from "../../../src/domain/deliveries/delivery.ts";
import { aFile } from "../../support/file.ts";

const at = (time: string): Date => new Date(`2026-03-01T${time}:00Z`);
const LEASE_MS = 30 * 60_000;

const enqueued = arrived({
  queueId: "a",
  origin: "Shop.ItemChanges|1",
  file: aFile(),
  now: at("10:00"),
});
const leased = take(enqueued, "receipt-1", "10:05");
const leasedAgain = take(leased, "receipt-2", "11:00");
const acked = acknowledged(leased, "receipt-1", at("10:10"));

function take(delivery: Delivery, receipt: string, time: string): Delivery {
  return dequeued(delivery, { receipt, now: at(time), leaseMs: LEASE_MS, ordered: false });
}

test("arrived makes one id for one origin at one connector", () => {
  const again = arrived({
    queueId: "a",
    origin: "Shop.ItemChanges|1",
    file: aFile(),
    now: at("12:00"),
  });
  const elsewhere = arrived({
    queueId: "b",
    origin: "Shop.ItemChanges|1",
    file: aFile(),
    now: at("10:00"),
  });

  expect(again.id).toBe(enqueued.id);
  expect(elsewhere.id).not.toBe(enqueued.id);
});

test.each([
  { state: "enqueued", delivery: enqueued, time: "10:01", visible: true },
  { state: "leased, lease running", delivery: leased, time: "10:34", visible: false },
  { state: "leased, lease at its end", delivery: leased, time: "10:35", visible: true },
  { state: "acked", delivery: acked, time: "23:00", visible: false },
])("isVisible of a delivery that is $state", ({ delivery, time, visible }) => {
  expect(isVisible(delivery, at(time))).toBe(visible);
});

test("dequeued hides the delivery and remembers when", () => {
  expect(leased).toMatchObject({
    state: "dequeued",
    dequeues: 1,
    lastDequeuedAt: at("10:05"),
    visibleAt: at("10:35"),
  });
  expect(leased.position).toEqual(leased.visibleAt);
  expect(JSON.stringify(leased)).not.toContain("receipt-1");
});

test("dequeued keeps a delivery's place in an ordered queue", () => {
  const next = dequeued(enqueued, {
    receipt: "r",
    now: at("10:05"),
    leaseMs: LEASE_MS,
    ordered: true,
  });

  expect(next.position).toEqual(enqueued.file.publishedAt);
});

test.each([
  ["with its receipt", leased, "receipt-1"],
  ["with the id alone", leased, null],
  ["with the newest of two receipts", leasedAgain, "receipt-2"],
])("acknowledged ends the lease %s, however late", (_, delivery, receipt) => {
  expect(acknowledged(delivery, receipt, at("23:00"))).toMatchObject({
    state: "acked",
    ackedAt: at("23:00"),
  });
});

test("acknowledged changes nothing the second time, whatever the receipt", () => {
  expect(acknowledged(acked, "anything", at("23:00"))).toBe(acked);
});

test("acknowledged refuses a receipt after which the delivery was handed out again", () => {
  expect(() => acknowledged(leasedAgain, "receipt-1", at("11:01"))).toThrow(
    expect.objectContaining({ code: "delivery-leased-by-another" }),
  );
});

test("acknowledged refuses a delivery that was never handed out", () => {
  expect(() => acknowledged(enqueued, null, at("10:01"))).toThrow(
    expect.objectContaining({ code: "delivery-not-found" }),
  );
});

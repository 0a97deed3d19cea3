import { AppError } from "../errors.ts";
import type { PublishedFile } from "../ledger/ledger-entry.ts";
import { deliveryIdOf } from "./delivery-id.ts";
import type { QueueId } from "./queue-id.ts";
import { isReceipt, receiptHash } from "./receipt.ts";

/**
 * One file for one receiver, and its state. It waits in a queue, from which it is taken.
 *
 *               dequeued                  acknowledged
 *   enqueued ──────────────▶ dequeued ──────────────────▶ acked
 *    ▲    ▲                  │  ▲ │ │                      │ ▲
 *    │    └──── released ────┘  └─┘ └── rejected ─┐        │ │
 *    │           dequeued again, renewed          ▼        │ │
 *    ├────────────────── requeued ──────────── rejected    │ │ acknowledged late
 *    └────────────────── requeued ─────────────────────────┘ │
 *                                                            │
 *   enqueued, dequeued, rejected ── file deleted ──▶ expired ┘
 *
 * Partners dequeue, renew, release, reject and acknowledge; operators requeue from any state. `rejected` deliveries
 * were set aside. `expired` means that the file was deleted before anybody acknowledged it. In a subscription's own
 * queue the app does the same: it takes a delivery, brings the file, and acknowledges, releases or rejects.
 *
 * A delivery that begins as `sent` never waits: a partner's own Service Bus subscription has the announcement.
 *
 * The end of a lease changes nothing by itself: the delivery only becomes visible to the next dequeue. Until somebody
 * takes it, the last receipt still counts, because slow partners must not be sent the file again.
 *
 * If a client repeats a request because the answer was lost, the second one changes nothing.
 */
export interface Delivery {
  readonly queueId: QueueId;
  /** The subscription that it was made for. Missing in deliveries of earlier versions. */
  readonly subscriptionId?: string;
  /**
   * Number of the file of the same type that came into this queue before; null: none did. Missing in deliveries of
   * earlier versions.
   */
  readonly previousSequence?: number | null;
  /** An operator asked for it, to see whether the receiver works. It says so. */
  readonly isTest?: true;
  /** First attempt to bring it since it waits, in a subscription's own queue. */
  readonly triedSince?: Date | undefined;
  /** Made from connector and file, and sorts by the file's publication time. */
  readonly id: string;
  readonly state: DeliveryState;
  readonly file: PublishedFile;
  readonly enqueuedAt: Date;
  /** Time from which a dequeue may hand it out. */
  readonly visibleAt: Date;
  /** Place in the queue: its age in an ordered queue, otherwise the time at which it becomes visible. */
  readonly position: Date;
  /** Hash of the last dequeue's receipt: the table alone must not be enough to acknowledge. */
  readonly receiptHash: string | null;
  /** Goes up with every change. A change to a delivery that has changed meanwhile is refused. */
  readonly revision: number;
  readonly changedAt: Date;
  readonly dequeues: number;
  readonly lastDequeuedAt: Date | null;
  readonly ackedAt: Date | null;
  /** Acknowledged although its file was never fetched: perhaps the partner does not have the file. */
  readonly unfetched?: boolean | undefined;
  /** The last time that the partner set it aside; it stays after a requeue. */
  readonly rejection: Rejection | null;
  /** Number of requeues by operators. */
  readonly requeues: number;
}

export const DELIVERY_STATES = [
  "enqueued",
  "dequeued",
  "acked",
  "rejected",
  "expired",
  "sent",
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface Rejection {
  readonly reason: string;
  readonly at: Date;
}

/** Whether it waits or is leased: in these states a dequeue may hand out the delivery, now or later. */
export function isTakeable({ state }: Pick<Delivery, "state">): boolean {
  return state === "enqueued" || state === "dequeued";
}

/**
 * A file as it arrives at a connector. Its id is made from `origin`, so that arriving twice has the same effect as
 * once.
 */
export function arrived(input: {
  queueId: QueueId;
  subscriptionId?: string;
  origin: string;
  file: PublishedFile;
  now: Date;
}): Delivery {
  const { queueId, subscriptionId, origin, file, now } = input;
  return {
    queueId,
    ...(subscriptionId === undefined ? {} : { subscriptionId }),
    id: deliveryIdOf(queueId, file, origin),
    state: "enqueued",
    file,
    enqueuedAt: now,
    visibleAt: earlier(file.publishedAt, now),
    position: earlier(file.publishedAt, now),
    receiptHash: null,
    revision: 1,
    changedAt: now,
    dequeues: 0,
    lastDequeuedAt: null,
    ackedAt: null,
    rejection: null,
    requeues: 0,
  };
}

/** A file with a publication time in the future, from a clock that ran ahead, does not wait. */
function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}

/** Whether a dequeue may hand the delivery out. */
export function isVisible(delivery: Delivery, now: Date): boolean {
  return isTakeable(delivery) && delivery.visibleAt <= now;
}

/** The delivery, hidden until its lease ends. */
export function dequeued(
  delivery: Delivery,
  lease: { receipt: string; now: Date; leaseMs: number; ordered: boolean },
): Delivery {
  const { receipt, now, leaseMs, ordered } = lease;
  return changed(delivery, now, {
    state: "dequeued",
    ...hiddenUntil(delivery, later(now, leaseMs), ordered),
    receiptHash: receiptHash(receipt),
    dequeues: delivery.dequeues + 1,
    lastDequeuedAt: now,
  });
}

/**
 * The delivery with a later end of its lease, never an earlier one. The receipt stays the same, so that a client which
 * lost the answer can still use its receipt.
 *
 * @throws AppError `delivery-not-leased`, `delivery-leased-by-another`
 */
export function renewed(
  delivery: Delivery,
  receipt: string,
  lease: { now: Date; leaseMs: number; ordered: boolean },
): Delivery {
  requireLease(delivery, receipt, "renew the lease of");
  const { now, leaseMs, ordered } = lease;
  const endsAt = later(now, leaseMs);
  const visibleAt = endsAt > delivery.visibleAt ? endsAt : delivery.visibleAt;
  return changed(delivery, now, hiddenUntil(delivery, visibleAt, ordered));
}

/**
 * The delivery, given back; the same object when it was given back before.
 *
 * @param facts.delayMs time for which it stays hidden
 * @throws AppError `delivery-not-leased`, `delivery-leased-by-another`
 */
export function released(
  delivery: Delivery,
  receipt: string,
  facts: { now: Date; delayMs: number; ordered: boolean },
): Delivery {
  if (delivery.state === "enqueued" && isLastReceipt(delivery, receipt)) {
    return delivery;
  }
  requireLease(delivery, receipt, "release");
  const { now, delayMs, ordered } = facts;
  return changed(delivery, now, {
    state: "enqueued",
    ...hiddenUntil(delivery, later(now, delayMs), ordered),
  });
}

/**
 * The delivery, set aside until an operator sends it back; the same object when it was set aside before.
 *
 * @throws AppError `delivery-not-leased`, `delivery-leased-by-another`
 */
export function rejected(
  delivery: Delivery,
  receipt: string,
  facts: { reason: string; now: Date },
): Delivery {
  if (delivery.state === "rejected" && isLastReceipt(delivery, receipt)) {
    return delivery;
  }
  requireLease(delivery, receipt, "reject");
  const { reason, now } = facts;
  return changed(delivery, now, { state: "rejected", rejection: { reason, at: now } });
}

/**
 * The delivery, taken for good; the same object when it was acknowledged before.
 *
 * @param receipt null from clients that send only the id: they acknowledge the present lease
 * @throws AppError `delivery-leased-by-another` when the delivery was dequeued again after this receipt
 * @throws AppError `delivery-not-leased` when it was rejected
 * @throws AppError `delivery-not-found` when it was never dequeued, or was given back: nobody can have the file
 */
export function acknowledged(delivery: Delivery, receipt: string | null, now: Date): Delivery {
  if (delivery.state === "acked") {
    return delivery;
  }
  if (delivery.state === "rejected") {
    throw notLeased(delivery, "acknowledge");
  }
  if (delivery.receiptHash === null || (receipt === null && delivery.state === "enqueued")) {
    throw new AppError(
      "delivery-not-found",
      `Cannot acknowledge delivery "${delivery.id}": it is not dequeued`,
    );
  }
  if (receipt !== null && !isLastReceipt(delivery, receipt)) {
    throw leasedByAnother(delivery, "acknowledge");
  }
  return changed(delivery, now, { state: "acked", ackedAt: now });
}

function isTaken({ state }: Delivery): boolean {
  return state === "acked" || state === "sent";
}

/** The delivery of a deleted file; the same object when that changes nothing. */
export function expired(delivery: Delivery, now: Date): Delivery {
  return isTaken(delivery) || delivery.state === "expired"
    ? delivery
    : changed(delivery, now, { state: "expired" });
}

/**
 * The delivery as if it had just arrived: every receipt is void. The same object when it waits already.
 *
 * The caller must know whether its file still exists.
 */
export function requeued(delivery: Delivery, facts: { now: Date; ordered: boolean }): Delivery {
  const { now, ordered } = facts;
  if (delivery.state === "enqueued" && delivery.receiptHash === null && delivery.visibleAt <= now) {
    return delivery;
  }
  return changed(delivery, now, {
    state: "enqueued",
    ...hiddenUntil(delivery, now, ordered),
    receiptHash: null,
    ackedAt: null,
    triedSince: undefined,
    unfetched: undefined,
    requeues: delivery.requeues + 1,
  });
}

function changed(delivery: Delivery, now: Date, changes: Partial<Delivery>): Delivery {
  return { ...delivery, ...changes, revision: delivery.revision + 1, changedAt: now };
}

function hiddenUntil(
  delivery: Delivery,
  visibleAt: Date,
  ordered: boolean,
): Pick<Delivery, "visibleAt" | "position"> {
  return { visibleAt, position: ordered ? delivery.file.publishedAt : visibleAt };
}

function later(instant: Date, ms: number): Date {
  return new Date(instant.getTime() + ms);
}

function requireLease(delivery: Delivery, receipt: string, verb: string): void {
  if (delivery.state !== "dequeued") {
    throw notLeased(delivery, verb);
  }
  if (!isLastReceipt(delivery, receipt)) {
    throw leasedByAnother(delivery, verb);
  }
}

function notLeased(delivery: Delivery, verb: string): AppError {
  return new AppError(
    "delivery-not-leased",
    `Cannot ${verb} delivery "${delivery.id}": it is ${delivery.state}, so it has no lease`,
  );
}

function leasedByAnother(delivery: Delivery, verb: string): AppError {
  return new AppError(
    "delivery-leased-by-another",
    `Cannot ${verb} delivery "${delivery.id}": it was dequeued again after this PopReceipt was given out; ` +
      "use the PopReceipt of the latest dequeue",
  );
}

function isLastReceipt(delivery: Delivery, receipt: string): boolean {
  return delivery.receiptHash !== null && isReceipt(receipt, delivery.receiptHash);
}

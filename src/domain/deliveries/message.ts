import { hash } from "node:crypto";
import { AppError } from "../errors.ts";
import type { ActivityId } from "../ids.ts";
import type { PublishedFile } from "../ledger/ledger-entry.ts";
import { isReceipt, receiptHash } from "./receipt.ts";

/**
 * One file waiting at a connector, and what became of it.
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
 * Partners dequeue, renew, release, reject and acknowledge; operators requeue, whatever the state. `rejected` is the
 * list of what was set aside; `expired` says that the file was deleted before anybody acknowledged it.
 *
 * A lease that has ended changes nothing by itself: the message merely becomes visible to the next dequeue. Until
 * somebody takes it, the last receipt still counts, because slow partners must not be sent the file again.
 *
 * What a client repeats because the answer was lost changes nothing the second time.
 */
export interface Message {
  readonly activityId: ActivityId;
  /** Follows from connector and file, and sorts by when the file was published. */
  readonly id: string;
  readonly state: MessageState;
  readonly file: PublishedFile;
  readonly enqueuedAt: Date;
  /** From when on a dequeue may hand it out. */
  readonly visibleAt: Date;
  /** Where it stands in the queue: its age in an ordered queue, when it becomes visible in any other. */
  readonly position: Date;
  /** What the last dequeue gave out, hashed: the table alone must not be enough to acknowledge. */
  readonly receiptHash: string | null;
  /** Goes up with every change: a change to a message that somebody else has changed meanwhile is refused. */
  readonly revision: number;
  readonly changedAt: Date;
  readonly dequeues: number;
  readonly lastDequeuedAt: Date | null;
  readonly ackedAt: Date | null;
  /** Acknowledged although its file was never fetched: perhaps the partner does not have it. */
  readonly unfetched?: boolean | undefined;
  /** The last time that the partner set it aside; stays when it is sent back. */
  readonly rejection: Rejection | null;
  /** How often an operator sent it back. */
  readonly requeues: number;
}

export const MESSAGE_STATES = ["enqueued", "dequeued", "acked", "rejected", "expired"] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

export interface Rejection {
  readonly reason: string;
  readonly at: Date;
}

/** Waits for somebody, or is leased: the states in which a dequeue may hand the message out, now or later. */
export function isTakeable({ state }: Pick<Message, "state">): boolean {
  return state === "enqueued" || state === "dequeued";
}

/** What brings a file to connectors: a file that is announced again has the same origin. */
export function originOf(file: Pick<PublishedFile, "fileType" | "sequence">): string {
  return `${file.fileType}|${file.sequence}`;
}

/** The id that a file has as a message at a connector. */
export function messageIdOf(
  activityId: ActivityId,
  file: Pick<PublishedFile, "publishedAt">,
  origin: string,
): string {
  return timeOrderedGuidFrom(`${activityId}|${origin}`, file.publishedAt);
}

/** A file as it arrives at a connector. Its id follows from `origin`, so that arriving twice is arriving once. */
export function arrived(input: {
  activityId: ActivityId;
  origin: string;
  file: PublishedFile;
  now: Date;
}): Message {
  const { activityId, origin, file, now } = input;
  return {
    activityId,
    id: messageIdOf(activityId, file, origin),
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

/** A file that a clock which ran ahead has published waits for nothing. */
function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}

/** Whether a dequeue may hand the message out. */
export function isVisible(message: Message, now: Date): boolean {
  return isTakeable(message) && message.visibleAt <= now;
}

/** The message, hidden until its lease ends. */
export function dequeued(
  message: Message,
  lease: { receipt: string; now: Date; leaseMs: number; ordered: boolean },
): Message {
  const { receipt, now, leaseMs, ordered } = lease;
  return changed(message, now, {
    state: "dequeued",
    ...hiddenUntil(message, later(now, leaseMs), ordered),
    receiptHash: receiptHash(receipt),
    dequeues: message.dequeues + 1,
    lastDequeuedAt: now,
  });
}

/**
 * The message with a lease that ends later; never earlier than it did. The receipt stays the same, so that a client
 * which never saw the answer can still use the one it has.
 *
 * @throws AppError `message-not-leased`, `message-leased-by-another`
 */
export function renewed(
  message: Message,
  receipt: string,
  lease: { now: Date; leaseMs: number; ordered: boolean },
): Message {
  requireLease(message, receipt, "renew the lease of");
  const { now, leaseMs, ordered } = lease;
  const endsAt = later(now, leaseMs);
  const visibleAt = endsAt > message.visibleAt ? endsAt : message.visibleAt;
  return changed(message, now, hiddenUntil(message, visibleAt, ordered));
}

/**
 * The message, given back; the same object when it was given back before.
 *
 * @param facts.delayMs it is hidden that long
 * @throws AppError `message-not-leased`, `message-leased-by-another`
 */
export function released(
  message: Message,
  receipt: string,
  facts: { now: Date; delayMs: number; ordered: boolean },
): Message {
  if (message.state === "enqueued" && isLastReceipt(message, receipt)) {
    return message;
  }
  requireLease(message, receipt, "release");
  const { now, delayMs, ordered } = facts;
  return changed(message, now, {
    state: "enqueued",
    ...hiddenUntil(message, later(now, delayMs), ordered),
  });
}

/**
 * The message, set aside until an operator sends it back; the same object when it was set aside before.
 *
 * @throws AppError `message-not-leased`, `message-leased-by-another`
 */
export function rejected(
  message: Message,
  receipt: string,
  facts: { reason: string; now: Date },
): Message {
  if (message.state === "rejected" && isLastReceipt(message, receipt)) {
    return message;
  }
  requireLease(message, receipt, "reject");
  const { reason, now } = facts;
  return changed(message, now, { state: "rejected", rejection: { reason, at: now } });
}

/**
 * The message, taken for good; the same object when it was acknowledged before.
 *
 * @param receipt null from clients that send only the id: they acknowledge the lease that there is
 * @throws AppError `message-leased-by-another` when the message was handed out again after this receipt
 * @throws AppError `message-not-leased` when it was rejected
 * @throws AppError `message-not-found` when it was never handed out, or was given back: nobody can have the file
 */
export function acknowledged(message: Message, receipt: string | null, now: Date): Message {
  if (message.state === "acked") {
    return message;
  }
  if (message.state === "rejected") {
    throw notLeased(message, "acknowledge");
  }
  if (message.receiptHash === null || (receipt === null && message.state === "enqueued")) {
    throw new AppError(
      "message-not-found",
      `Cannot acknowledge message "${message.id}": it is not dequeued`,
    );
  }
  if (receipt !== null && !isLastReceipt(message, receipt)) {
    throw leasedByAnother(message, "acknowledge");
  }
  return changed(message, now, { state: "acked", ackedAt: now });
}

/** The message whose file is no longer kept; the same object when that changes nothing about it. */
export function expired(message: Message, now: Date): Message {
  return message.state === "acked" || message.state === "expired"
    ? message
    : changed(message, now, { state: "expired" });
}

/**
 * The message as if it had just arrived: every receipt is void. The same object when it waits already.
 *
 * Whether its file is still there is for the caller to know.
 */
export function requeued(message: Message, facts: { now: Date; ordered: boolean }): Message {
  const { now, ordered } = facts;
  if (message.state === "enqueued" && message.receiptHash === null && message.visibleAt <= now) {
    return message;
  }
  return changed(message, now, {
    state: "enqueued",
    ...hiddenUntil(message, now, ordered),
    receiptHash: null,
    ackedAt: null,
    unfetched: undefined,
    requeues: message.requeues + 1,
  });
}

function changed(message: Message, now: Date, changes: Partial<Message>): Message {
  return { ...message, ...changes, revision: message.revision + 1, changedAt: now };
}

function hiddenUntil(
  message: Message,
  visibleAt: Date,
  ordered: boolean,
): Pick<Message, "visibleAt" | "position"> {
  return { visibleAt, position: ordered ? message.file.publishedAt : visibleAt };
}

function later(instant: Date, ms: number): Date {
  return new Date(instant.getTime() + ms);
}

function requireLease(message: Message, receipt: string, verb: string): void {
  if (message.state !== "dequeued") {
    throw notLeased(message, verb);
  }
  if (!isLastReceipt(message, receipt)) {
    throw leasedByAnother(message, verb);
  }
}

function notLeased(message: Message, verb: string): AppError {
  return new AppError(
    "message-not-leased",
    `Cannot ${verb} message "${message.id}": it is ${message.state}, so there is no lease of it`,
  );
}

function leasedByAnother(message: Message, verb: string): AppError {
  return new AppError(
    "message-leased-by-another",
    `Cannot ${verb} message "${message.id}": it was dequeued again after this PopReceipt was given out; ` +
      "use the PopReceipt of the latest dequeue",
  );
}

function isLastReceipt(message: Message, receipt: string): boolean {
  return message.receiptHash !== null && isReceipt(receipt, message.receiptHash);
}

/** A GUID that follows from a name (RFC 9562 version 8: SHA-256 of our own). */
export function guidFrom(name: string): string {
  const hex = hash("sha256", name, "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A GUID that follows from a name and an instant, and sorts by the instant: its first 48 bits are the milliseconds. */
function timeOrderedGuidFrom(name: string, at: Date): string {
  const time = at.getTime().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8, 12)}${guidFrom(name).slice(13)}`;
}

import { createHash, timingSafeEqual } from "node:crypto";
import type { ActivityId } from "../../contracts/ids.ts";
import { AppError } from "../errors.ts";
import type { PublishedFile } from "../publishing/ledger-entry.ts";

/**
 * One file waiting at a connector.
 *
 *               dequeued                 acknowledged
 *   enqueued ──────────────▶ dequeued ──────────────▶ acked
 *                             │    ▲                    │
 *            lease has ended  └────┘ dequeued again      └─▶ acked (again: nothing changes)
 *
 * A lease that has ended changes nothing by itself: the message merely becomes visible to the next dequeue. Until
 * somebody takes it, the last receipt still acknowledges it, because slow partners must not be sent the file again.
 */
export interface Message {
  readonly activityId: ActivityId;
  readonly id: string;
  readonly state: "enqueued" | "dequeued" | "acked";
  readonly file: PublishedFile;
  readonly enqueuedAt: Date;
  /** From when on a dequeue may hand it out. */
  readonly visibleAt: Date;
  /** Where it stands in the queue: its age in an ordered queue, when it becomes visible in any other. */
  readonly position: Date;
  /** What the last dequeue gave out, hashed: the table alone must not be enough to acknowledge. */
  readonly receiptHash: string | null;
  readonly dequeues: number;
  readonly lastDequeuedAt: Date | null;
  readonly ackedAt: Date | null;
}

/** A file as it arrives at a connector. Its id follows from `origin`, so that arriving twice is arriving once. */
export function arrived(input: {
  activityId: ActivityId;
  origin: string;
  file: PublishedFile;
  now: Date;
}): Message {
  return {
    activityId: input.activityId,
    id: guidFrom(`${input.activityId}|${input.origin}`),
    state: "enqueued",
    file: input.file,
    enqueuedAt: input.now,
    visibleAt: input.file.publishedAt,
    position: input.file.publishedAt,
    receiptHash: null,
    dequeues: 0,
    lastDequeuedAt: null,
    ackedAt: null,
  };
}

/** Whether a dequeue may hand the message out. */
export function isVisible(message: Message, now: Date): boolean {
  return message.state !== "acked" && message.visibleAt <= now;
}

/** The message, hidden until its lease ends. */
export function dequeued(
  message: Message,
  lease: { receipt: string; now: Date; leaseMs: number; ordered: boolean },
): Message {
  const visibleAt = new Date(lease.now.getTime() + lease.leaseMs);
  return {
    ...message,
    state: "dequeued",
    visibleAt,
    position: lease.ordered ? message.file.publishedAt : visibleAt,
    receiptHash: hashOf(lease.receipt),
    dequeues: message.dequeues + 1,
    lastDequeuedAt: lease.now,
  };
}

/**
 * The message, taken for good; the same object when it was acknowledged before.
 *
 * @param receipt null from clients that send only the id: they acknowledge the lease that there is
 * @throws AppError `message-leased-by-another` when the message was handed out again after this receipt
 * @throws AppError `message-not-found` when it was never handed out: nobody can have the file yet
 */
export function acknowledged(message: Message, receipt: string | null, now: Date): Message {
  if (message.state === "acked") {
    return message;
  }
  if (message.receiptHash === null) {
    throw new AppError(
      "message-not-found",
      `Cannot acknowledge message "${message.id}": it was not dequeued yet`,
    );
  }
  if (receipt !== null && !isSameHash(message.receiptHash, hashOf(receipt))) {
    throw new AppError(
      "message-leased-by-another",
      `Cannot acknowledge message "${message.id}": it was dequeued again after this PopReceipt was given out; ` +
        "use the PopReceipt of the latest dequeue",
    );
  }
  return { ...message, state: "acked", ackedAt: now };
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

function isSameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** A GUID that follows from a name (RFC 9562 version 8: SHA-256 of our own). */
export function guidFrom(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

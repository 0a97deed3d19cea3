import type { Message } from "../message/message.ts";
import { bury, expire, makeReady } from "./delivery.ts";
import { BrokerError } from "./errors.ts";
import {
  addMessage,
  type DeadLetterCause,
  removeMessage,
  type Store,
  type StoredMessage,
} from "./store.ts";
import { runAt } from "./timetable.ts";

/** A message on its way into an entity, from a sender or from another entity. */
export interface Inbound {
  readonly message: Message;
  /** The sequence number in the entity of its first arrival; null when that is this entity. */
  readonly enqueuedSequenceNumber: number | null;
  readonly hops: number;
  readonly wasScheduled: boolean;
  readonly deadLetterSource: string | null;
}

/**
 * Appends a message, ready to be received.
 *
 * @param maxTimeToLiveMs longest life of a message here; null for no limit
 */
export function enqueue(
  store: Store,
  inbound: Inbound,
  maxTimeToLiveMs: number | null,
): StoredMessage {
  const stored = admit(store, inbound, {
    state: "active",
    timeToLiveMs: shorterOf(inbound.message.timeToLiveMs, maxTimeToLiveMs),
  });
  if (stored.timeToLiveMs !== null) {
    const atMs = stored.enqueuedAtMs + stored.timeToLiveMs;
    stored.cancelTimer = runAt(store.timetable, atMs, () => expire(store, stored));
  }
  makeReady(store, stored);
  return stored;
}

/**
 * Keeps a message until its time. Then the message leaves the store, and `activate` appends it under a new sequence
 * number.
 *
 * @returns the sequence number with which it can be cancelled
 */
export function schedule(
  store: Store,
  inbound: Inbound,
  due: { readonly atMs: number; readonly activate: (inbound: Inbound) => void },
): number {
  const stored = admit(store, inbound, {
    state: "scheduled",
    timeToLiveMs: inbound.message.timeToLiveMs,
  });
  stored.cancelTimer = runAt(store.timetable, due.atMs, () => {
    removeMessage(store, stored);
    due.activate({ ...inbound, wasScheduled: true });
  });
  return stored.sequenceNumber;
}

/** Cancels scheduled messages: all of them or none. @throws BrokerError `message-not-found` */
export function cancelScheduled(store: Store, sequenceNumbers: readonly number[]): void {
  const found = sequenceNumbers.map((number) => {
    const stored = store.messages.get(number);
    if (stored?.state !== "scheduled") {
      throw new BrokerError(
        "message-not-found",
        `Cannot cancel scheduled message ${number} of "${store.path}": it is not there`,
      );
    }
    return stored;
  });
  for (const stored of found) {
    removeMessage(store, stored);
  }
}

/** Puts a dead letter in a dead-letter queue and keeps its number. */
export function inter(store: Store, stored: StoredMessage, message: Message): void {
  const dead: StoredMessage = {
    ...stored,
    message,
    ...NEVER_EXPIRES,
    lock: null,
    cancelTimer: () => undefined,
  };
  addMessage(store, dead);
  makeReady(store, dead);
}

/** Stores a message that can never be received as a dead letter. */
export function enqueueDead(store: Store, inbound: Inbound, cause: DeadLetterCause): StoredMessage {
  const stored = admit(store, inbound, NEVER_EXPIRES);
  bury(store, stored, cause);
  return stored;
}

/** Gives a message its number in an entity without storing it there. */
export function numberMessage(
  store: Store,
  inbound: Inbound,
  as: Pick<StoredMessage, "state" | "timeToLiveMs"> = NEVER_EXPIRES,
): StoredMessage {
  store.sequence.last += 1;
  return {
    ...as,
    sequenceNumber: store.sequence.last,
    enqueuedSequenceNumber: inbound.enqueuedSequenceNumber,
    enqueuedAtMs: store.timetable.clock.now(),
    deadLetterSource: inbound.deadLetterSource,
    hops: inbound.hops,
    wasScheduled: inbound.wasScheduled,
    message: inbound.message,
    deliveryCount: 0,
    lock: null,
    cancelTimer: () => undefined,
  };
}

const NEVER_EXPIRES = { state: "active", timeToLiveMs: null } as const;

function admit(
  store: Store,
  inbound: Inbound,
  as: Pick<StoredMessage, "state" | "timeToLiveMs">,
): StoredMessage {
  const stored = numberMessage(store, inbound, as);
  addMessage(store, stored);
  return stored;
}

function shorterOf(left: number | null, right: number | null): number | null {
  return left === null || right === null ? (left ?? right) : Math.min(left, right);
}

/** The number of the message at its first arrival, for the next entity. */
export function originOf(stored: StoredMessage): number {
  return stored.enqueuedSequenceNumber ?? stored.sequenceNumber;
}

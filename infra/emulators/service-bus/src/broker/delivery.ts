import { randomUUID } from "node:crypto";
import { heapPop, heapPush } from "./heap.ts";
import {
  type Consumer,
  type DeadLetterCause,
  type Delivery,
  firstReady,
  isExpired,
  type Lane,
  laneOf,
  removeMessage,
  type Store,
  type StoredMessage,
  unlock,
} from "./store.ts";
import { runAt } from "./timetable.ts";

/** Puts an active message in its place in the order and offers it to receivers. */
export function makeReady(store: Store, stored: StoredMessage): void {
  const lane = laneOf(store, stored.message.system.sessionId);
  heapPush(lane.ready, stored);
  offer(store, lane);
}

/** Hands out ready messages to consumers with credit. A free session goes to a receiver that waits for any session. */
export function offer(store: Store, lane: Lane): void {
  if (store.settings().requiresSession && lane.lock === null) {
    const [waiter] = store.sessionWaiters;
    if (waiter !== undefined && firstReady(store, lane) !== undefined) {
      waiter.accept(lane);
    }
    return;
  }
  for (
    let stored = firstReady(store, lane);
    stored !== undefined;
    stored = firstReady(store, lane)
  ) {
    const consumer = nextConsumer(lane);
    if (consumer === null) {
      return;
    }
    heapPop(lane.ready);
    consumer.deliver(take(store, stored, consumer.mode));
  }
}

/**
 * Adds a receiver to a store without sessions. @returns a function that removes the receiver; its messages stay locked
 */
export function addConsumer(store: Store, consumer: Consumer): () => void {
  const { consumers } = laneOf(store, undefined);
  consumers.push(consumer);
  return () => {
    const place = consumers.indexOf(consumer);
    if (place >= 0) {
      consumers.splice(place, 1);
    }
  };
}

/** Takes turns among the consumers that have credit. */
function nextConsumer(lane: Lane): Consumer | null {
  for (let tried = 0; tried < lane.consumers.length; tried += 1) {
    lane.turn = (lane.turn + 1) % lane.consumers.length;
    const consumer = lane.consumers[lane.turn];
    if (consumer !== undefined && consumer.credit() > 0) {
      return consumer;
    }
  }
  return null;
}

/** Locks a message for a receiver, or removes it in receive-and-delete mode. */
export function take(store: Store, stored: StoredMessage, mode: Consumer["mode"]): Delivery {
  const lockToken = randomUUID();
  if (mode === "receive-and-delete") {
    removeMessage(store, stored);
    return { stored, lockToken, lockedUntilMs: null };
  }
  stored.lock = {
    token: lockToken,
    inTransaction: false,
    untilMs: 0,
    cancelExpiry: () => undefined,
  };
  store.byLockToken.set(lockToken, stored);
  return { stored, lockToken, lockedUntilMs: extendLock(store, stored) };
}

/** Restarts the time of a lock. @returns the new end of the lock */
export function extendLock(store: Store, stored: StoredMessage): number {
  const { lock } = stored;
  const session = laneOf(store, stored.message.system.sessionId).lock;
  if (lock === null || session !== null) {
    return session?.untilMs ?? 0;
  }
  lock.cancelExpiry();
  lock.untilMs = store.timetable.clock.now() + store.settings().lockDurationMs;
  lock.cancelExpiry = runAt(store.timetable, lock.untilMs, () =>
    giveBack(store, stored, { counts: true }),
  );
  return lock.untilMs;
}

/**
 * Ends a lock without a settlement. The message returns to its place in the order, unless it has been tried too often
 * or has expired while it was locked.
 *
 * @param how.counts whether this was a failed try; only a failed try can be the last
 */
export function giveBack(store: Store, stored: StoredMessage, how: { counts: boolean }): void {
  unlock(store, stored);
  // Tries are not counted in a dead-letter queue, because its messages stay.
  stored.deliveryCount += how.counts && store.deadLetter !== null ? 1 : 0;
  const { maxDeliveryCount } = store.settings();
  if (how.counts && maxDeliveryCount !== null && stored.deliveryCount >= maxDeliveryCount) {
    bury(store, stored, {
      reason: "MaxDeliveryCountExceeded",
      description: `Message could not be consumed after ${maxDeliveryCount} delivery attempts.`,
    });
  } else if (stored.state === "active") {
    if (isExpired(store, stored)) {
      expire(store, stored);
    } else {
      makeReady(store, stored);
    }
  }
}

/** Ends the life of an expired message. A lock or a deferral protects it. */
export function expire(store: Store, stored: StoredMessage): void {
  if (stored.lock !== null || stored.state !== "active") {
    return;
  }
  if (store.settings().deadLetterOnExpiration) {
    bury(store, stored, {
      reason: "TTLExpiredException",
      description: "The message expired and was dead lettered.",
    });
  } else {
    removeMessage(store, stored);
  }
}

/** Moves a message to the dead letters. */
export function bury(store: Store, stored: StoredMessage, cause: DeadLetterCause): void {
  removeMessage(store, stored);
  store.deadLetter?.(stored, cause);
}

import { giveBack, offer } from "./delivery.ts";
import { BrokerError } from "./errors.ts";
import {
  type Consumer,
  dropIdleLane,
  firstReady,
  type Lane,
  laneOf,
  type SessionLock,
  type Store,
} from "./store.ts";
import { runAt } from "./timetable.ts";

export interface SessionRequest {
  /** Null for any session that has a message and no holder. */
  readonly sessionId: string | null;
  readonly consumer: Consumer;
  /** Called once, maybe before `acceptSession` returns. Messages follow as the consumer has credit. */
  readonly accepted: (lane: Lane) => void;
}

/**
 * Locks a session for a receiver. If any session will do, it waits for one.
 *
 * @returns a function that ends the waiting
 * @throws BrokerError `session-cannot-be-locked` when the named session has a holder
 */
export function acceptSession(store: Store, request: SessionRequest): () => void {
  const { sessionId, consumer, accepted } = request;
  const lane = sessionId === null ? nextFreeLane(store) : laneOf(store, sessionId);
  if (lane !== null && lane.lock !== null) {
    throw new BrokerError(
      "session-cannot-be-locked",
      `The requested session "${sessionId}" cannot be accepted. It may be locked by another receiver.`,
    );
  }
  const waiter = {
    consumer,
    accept: (free: Lane) => {
      store.sessionWaiters.delete(waiter);
      lockLane(store, free, consumer);
      accepted(free);
    },
  };
  if (lane === null) {
    store.sessionWaiters.add(waiter);
  } else {
    waiter.accept(lane);
  }
  return () => store.sessionWaiters.delete(waiter);
}

/** The free session whose first message is the oldest. */
function nextFreeLane(store: Store): Lane | null {
  let next: { lane: Lane; sequenceNumber: number } | null = null;
  for (const lane of store.lanes.values()) {
    const first = lane.lock === null ? firstReady(store, lane) : undefined;
    if (first !== undefined && (next === null || first.sequenceNumber < next.sequenceNumber)) {
      next = { lane, sequenceNumber: first.sequenceNumber };
    }
  }
  return next?.lane ?? null;
}

function lockLane(store: Store, lane: Lane, holder: Consumer): void {
  lane.lock = { holder, untilMs: 0, cancelExpiry: () => undefined };
  lane.consumers.push(holder);
  extendSession(store, lane, lane.lock);
}

function extendSession(store: Store, lane: Lane, lock: SessionLock): number {
  lock.cancelExpiry();
  lock.untilMs = store.timetable.clock.now() + store.settings().lockDurationMs;
  lock.cancelExpiry = runAt(store.timetable, lock.untilMs, () => loseSession(store, lane));
  return lock.untilMs;
}

/** The holder gives the session up. Its unsettled messages do not count as tried. */
export function releaseSession(store: Store, lane: Lane, holder: Consumer): void {
  if (lane.lock?.holder === holder) {
    endLock(store, lane, { counts: false });
  }
}

/** The lock ran out: the holder is told, and its unsettled messages count as tried. */
export function loseSession(store: Store, lane: Lane): void {
  const holder = lane.lock?.holder;
  endLock(store, lane, { counts: true });
  holder?.end("session-lock-lost");
}

function endLock(store: Store, lane: Lane, how: { readonly counts: boolean }): void {
  const held = [...store.byLockToken.values()].filter(
    (stored) => (stored.message.system.sessionId ?? "") === lane.sessionId,
  );
  lane.lock?.cancelExpiry();
  lane.lock = null;
  lane.consumers.length = 0;
  // All messages of a session must return to their order before the next receiver gets it.
  const waiting = [...store.sessionWaiters];
  store.sessionWaiters.clear();
  for (const stored of held) {
    giveBack(store, stored, how);
  }
  for (const waiter of waiting) {
    store.sessionWaiters.add(waiter);
  }
  offer(store, lane);
  dropIdleLane(store, lane);
}

/**
 * Prolongs a session's lock. @returns the new end of the lock
 *
 * @param holderName the link that asks, or null when it is not named
 * @throws BrokerError `session-lock-lost`
 */
export function renewSession(store: Store, sessionId: string, holderName: string | null): number {
  const { lane, lock } = heldSession(store, sessionId, holderName);
  return extendSession(store, lane, lock);
}

/** @throws BrokerError `session-lock-lost` */
export function setSessionState(
  store: Store,
  session: { readonly id: string; readonly holderName: string | null },
  state: Buffer | null,
): void {
  const { lane } = heldSession(store, session.id, session.holderName);
  lane.state = state;
  lane.stateSetAtMs = store.timetable.clock.now();
}

/** @throws BrokerError `session-lock-lost` */
export function getSessionState(
  store: Store,
  sessionId: string,
  holderName: string | null,
): Buffer | null {
  return heldSession(store, sessionId, holderName).lane.state;
}

/** The ids of the sessions whose state was set since then; null: of all sessions that have messages or a state. */
export function listSessions(store: Store, stateSetSinceMs: number | null): string[] {
  return [...store.lanes.values()]
    .filter((lane) =>
      stateSetSinceMs === null
        ? lane.size > 0 || lane.state !== null
        : lane.state !== null && lane.stateSetAtMs >= stateSetSinceMs,
    )
    .map((lane) => lane.sessionId);
}

function heldSession(
  store: Store,
  sessionId: string,
  holderName: string | null,
): { lane: Lane; lock: SessionLock } {
  const lane = store.lanes.get(sessionId);
  const lock = lane?.lock ?? null;
  if (
    lane === undefined ||
    lock === null ||
    (holderName !== null && lock.holder.name !== holderName)
  ) {
    throw new BrokerError(
      "session-lock-lost",
      `The session lock has expired on the session "${sessionId}". Accept a new session.`,
    );
  }
  return { lane, lock };
}

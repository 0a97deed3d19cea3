import type { Message } from "../message/message.ts";
import { createHeap, type Heap, heapFirst, heapPop } from "./heap.ts";
import type { Timetable } from "./timetable.ts";

/**
 * A place where messages wait for receivers: a queue, a subscription, or a dead-letter queue.
 *
 * A message is
 *   scheduled  it waits for its enqueue time (intake.ts);
 *   active     it is in its lane's `ready` heap, or it is locked by a receiver (delivery.ts);
 *   deferred   only receivers that know its sequence number get it (deferral.ts).
 * It leaves when it is completed, expires or becomes a dead letter (settlement.ts).
 */
export interface Store {
  /** For error texts, such as `orders/$DeadLetterQueue`. */
  readonly path: string;
  readonly timetable: Timetable;
  readonly settings: () => StoreSettings;
  /** Takes dead letters; null in a dead-letter queue, whose messages stay. */
  readonly deadLetter: ((stored: StoredMessage, cause: DeadLetterCause) => void) | null;
  readonly sequence: Sequence;
  /** By sequence number; in that order while `inSequence` is true. */
  readonly messages: Map<number, StoredMessage>;
  inSequence: boolean;
  lastAdded: number;
  readonly byLockToken: Map<string, StoredMessage>;
  /** One lane per session; a store without sessions has the one lane `""`. */
  readonly lanes: Map<string, Lane>;
  readonly sessionWaiters: Set<SessionWaiter>;
  sizeBytes: number;
  scheduledCount: number;
}

export interface StoreSettings {
  readonly lockDurationMs: number;
  /** Null: unbounded. */
  readonly maxDeliveryCount: number | null;
  readonly requiresSession: boolean;
  readonly deadLetterOnExpiration: boolean;
}

/** Counts the messages of an entity; shared by the stores of one entity. */
export interface Sequence {
  last: number;
}

export interface StoredMessage {
  readonly sequenceNumber: number;
  /** The number at its first arrival; null when that is this entity. */
  readonly enqueuedSequenceNumber: number | null;
  readonly enqueuedAtMs: number;
  readonly timeToLiveMs: number | null;
  readonly deadLetterSource: string | null;
  /** Number of forwards so far. */
  readonly hops: number;
  /** Whether it was scheduled before it became active; receivers are told. */
  readonly wasScheduled: boolean;
  message: Message;
  state: "active" | "deferred" | "scheduled";
  deliveryCount: number;
  lock: MessageLock | null;
  cancelTimer: () => void;
}

/** A message in a session is locked as long as the session is; `untilMs` is then ignored. */
export interface MessageLock {
  readonly token: string;
  /** Whether a transaction settles it at its commit; nobody else may then. */
  inTransaction: boolean;
  untilMs: number;
  cancelExpiry: () => void;
}

export interface Lane {
  readonly sessionId: string;
  readonly ready: Heap<StoredMessage>;
  readonly consumers: Consumer[];
  /** Position in the rotation of the consumers. */
  turn: number;
  /** Number of messages that belong here, waiting or not, without the scheduled ones. */
  size: number;
  lock: SessionLock | null;
  state: Buffer | null;
  stateSetAtMs: number;
}

export interface SessionLock {
  readonly holder: Consumer;
  untilMs: number;
  cancelExpiry: () => void;
}

/** A receiver that takes messages as they come. */
export interface Consumer {
  readonly name: string;
  readonly mode: "peek-lock" | "receive-and-delete";
  /** How many more messages it takes now. */
  credit(): number;
  deliver(delivery: Delivery): void;
  /** Tells it that it gets no more messages. */
  end(reason: "session-lock-lost" | "entity-disabled" | "entity-deleted"): void;
}

export interface Delivery {
  readonly stored: StoredMessage;
  readonly lockToken: string;
  /** Null in receive-and-delete mode. */
  readonly lockedUntilMs: number | null;
}

/** A receiver that waits for any session that has a message. */
export interface SessionWaiter {
  readonly consumer: Consumer;
  readonly accept: (lane: Lane) => void;
}

/** A receiver may leave out either. */
export interface DeadLetterCause {
  readonly reason: string | null;
  readonly description: string | null;
}

export type StoreOptions = Pick<
  Store,
  "path" | "timetable" | "settings" | "deadLetter" | "sequence"
>;

export function createStore(options: StoreOptions): Store {
  return {
    ...options,
    messages: new Map(),
    inSequence: true,
    lastAdded: 0,
    byLockToken: new Map(),
    lanes: new Map(),
    sessionWaiters: new Set(),
    sizeBytes: 0,
    scheduledCount: 0,
  };
}

/** The lane of a session, or the only lane of a store without sessions. A missing lane is created. */
export function laneOf(store: Store, sessionId: string | undefined): Lane {
  const id = store.settings().requiresSession ? (sessionId ?? "") : "";
  const existing = store.lanes.get(id);
  if (existing !== undefined) {
    return existing;
  }
  const lane: Lane = {
    sessionId: id,
    ready: createHeap((left, right) => left.sequenceNumber < right.sequenceNumber),
    consumers: [],
    turn: 0,
    size: 0,
    lock: null,
    state: null,
    stateSetAtMs: 0,
  };
  store.lanes.set(id, lane);
  return lane;
}

/** Forgets a session without holder, messages and state. */
export function dropIdleLane(store: Store, lane: Lane): void {
  if (lane.size === 0 && lane.lock === null && lane.state === null && lane.consumers.length === 0) {
    store.lanes.delete(lane.sessionId);
  }
}

/** Stores a message without offering it to a receiver yet. */
export function addMessage(store: Store, stored: StoredMessage): void {
  store.inSequence &&= stored.sequenceNumber > store.lastAdded;
  store.lastAdded = stored.sequenceNumber;
  store.messages.set(stored.sequenceNumber, stored);
  store.sizeBytes += stored.message.sizeBytes;
  if (stored.state === "scheduled") {
    store.scheduledCount += 1;
  } else {
    const lane = laneOf(store, stored.message.system.sessionId);
    lane.size += 1;
  }
}

/** Removes a message for good; its lock and its timer end. */
export function removeMessage(store: Store, stored: StoredMessage): void {
  stored.cancelTimer();
  unlock(store, stored);
  store.messages.delete(stored.sequenceNumber);
  store.sizeBytes -= stored.message.sizeBytes;
  if (stored.state === "scheduled") {
    store.scheduledCount -= 1;
  } else {
    const lane = laneOf(store, stored.message.system.sessionId);
    lane.size -= 1;
    firstReady(store, lane);
    dropIdleLane(store, lane);
  }
}

/** The next message of a lane. Messages that left meanwhile are removed from the top. */
export function firstReady(store: Store, lane: Lane): StoredMessage | undefined {
  let first = heapFirst(lane.ready);
  while (first !== undefined && !isReady(store, first)) {
    heapPop(lane.ready);
    first = heapFirst(lane.ready);
  }
  return first;
}

function isReady(store: Store, stored: StoredMessage): boolean {
  return stored.state === "active" && store.messages.get(stored.sequenceNumber) === stored;
}

/** Ends a message's lock, if it has one, without offering the message to a receiver. */
export function unlock(store: Store, stored: StoredMessage): void {
  if (stored.lock !== null) {
    stored.lock.cancelExpiry();
    store.byLockToken.delete(stored.lock.token);
    stored.lock = null;
  }
}

export function isExpired(store: Store, stored: StoredMessage): boolean {
  return (
    stored.timeToLiveMs !== null &&
    stored.enqueuedAtMs + stored.timeToLiveMs <= store.timetable.clock.now()
  );
}

/** Ends everything: receivers are told, messages are gone. */
export function closeStore(store: Store): void {
  endConsumers(store, "entity-deleted");
  for (const lane of store.lanes.values()) {
    lane.lock?.cancelExpiry();
  }
  for (const stored of [...store.messages.values()]) {
    removeMessage(store, stored);
  }
}

/**
 * Tells all receivers, and all that wait for a session, that it is over. Their messages stay locked until the lock's
 * end.
 */
export function endConsumers(store: Store, reason: Parameters<Consumer["end"]>[0]): void {
  const consumers = new Set([
    ...[...store.lanes.values()].flatMap((lane) => lane.consumers),
    ...[...store.sessionWaiters].map((waiter) => waiter.consumer),
  ]);
  store.sessionWaiters.clear();
  for (const lane of store.lanes.values()) {
    lane.consumers.length = 0;
  }
  for (const consumer of consumers) {
    consumer.end(reason);
  }
}

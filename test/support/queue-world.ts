/**
 * A queue with sessions, or a topic's subscription, as Service Bus is one, on a clock that stands still until it is
 * told: peek-lock, lock loss, redelivery, a delivery limit with dead letters, duplicate detection, scheduled messages
 * and a time to live. Nothing happens by itself: {@link QueueWorld.passTime} ends locks and messages whose time is
 * over.
 *
 *   scheduled ──▶ waiting ──received──▶ locked ──completed──▶ gone
 *                  ▲  │                   │
 *                  │  └── expired         ├── abandoned, lock lost: waits again, in its old place
 *                  └──────────────────────┘   tried too often: dead
 */
export interface QueueSettings {
  readonly lockMs: number;
  readonly maxDeliveries: number;
  /** A message with an id that was seen within this time is dropped. */
  readonly duplicateWindowMs: number;
  readonly timeToLiveMs: number;
}

/** As infra/local/service-bus.json has it, for the queue and for the topic's subscription. */
export const QUEUE_SETTINGS: QueueSettings = {
  lockMs: 60_000,
  maxDeliveries: 10,
  duplicateWindowMs: 5 * 60_000,
  timeToLiveMs: 60 * 60_000,
};

export interface Sent<Body> {
  readonly messageId: string;
  readonly sessionId: string;
  readonly body: Body;
  /** Not to be handed out before. */
  readonly notBeforeMs?: number;
}

interface Waiting<Body> extends Sent<Body> {
  readonly sentAtMs: number;
  deliveries: number;
}

export interface DeadLetter<Body> extends Sent<Body> {
  readonly reason: "delivered too often" | "set aside";
}

/** Who holds a session, until when. A holder that lost it is not told. */
export interface SessionLock {
  readonly sessionId: string;
  readonly holder: string;
  readonly acceptedAtMs: number;
  untilMs: number;
}

export interface QueueWorld<Body> {
  readonly name: string;
  /** Everything that waits, handed out or not. */
  readonly waiting: readonly Sent<Body>[];
  readonly deadLetters: DeadLetter<Body>[];
  locks(): Iterable<SessionLock>;
  readonly lockCount: number;
  send(message: Sent<Body>): void;
  /** Whether there is a session to lock. */
  hasNext(): boolean;
  /** Locks the session whose first message is the oldest. @returns null when there is none that nobody holds */
  accept(holder: string): SessionLock | null;
  /** The session's first message; null when there is none, or the lock is lost. */
  receive(lock: SessionLock): Sent<Body> | null;
  /** @returns false when the lock is lost; the message is handed out again then */
  complete(lock: SessionLock, message: Sent<Body>): boolean;
  abandon(lock: SessionLock, message: Sent<Body>): void;
  /** @returns false when the lock is lost */
  renew(lock: SessionLock): boolean;
  release(lock: SessionLock): void;
  /** Ends every lock now; what was handed out counts as tried. */
  loseLocks(): void;
  /** Ends locks and messages whose time has come. */
  passTime(): void;
}

export function queueWorld<Body>(
  name: string,
  settings: QueueSettings,
  now: () => number,
): QueueWorld<Body> {
  const state: State<Body> = {
    settings,
    now,
    waiting: [],
    deadLetters: [],
    seen: new Map(),
    locks: new Map(),
    handedOut: new Map(),
  };
  const isHeld = (lock: SessionLock) => state.locks.get(lock.sessionId) === lock;
  return {
    name,
    waiting: state.waiting,
    deadLetters: state.deadLetters,
    locks: () => state.locks.values(),
    get lockCount() {
      return state.locks.size;
    },
    send: (message) => send(state, message),
    hasNext: () => nextOf(state) !== undefined,
    accept: (holder) => accept(state, holder),
    receive: (lock) => (isHeld(lock) ? receive(state, lock) : null),
    complete: (lock, message) => {
      const done = isHeld(lock) && state.handedOut.get(lock)?.messageId === message.messageId;
      if (done) {
        drop(state.waiting, state.handedOut.get(lock));
        state.handedOut.delete(lock);
      }
      return done;
    },
    abandon: (lock) => {
      if (isHeld(lock)) {
        giveBack(state, lock);
      }
    },
    renew: (lock) => {
      lock.untilMs = isHeld(lock) ? now() + settings.lockMs : lock.untilMs;
      return isHeld(lock);
    },
    release: (lock) => {
      if (isHeld(lock)) {
        state.handedOut.delete(lock);
        state.locks.delete(lock.sessionId);
      }
    },
    loseLocks: () => {
      for (const lock of state.locks.values()) {
        lose(state, lock);
      }
    },
    passTime: () => passTime(state),
  };
}

interface State<Body> {
  readonly settings: QueueSettings;
  readonly now: () => number;
  readonly waiting: Waiting<Body>[];
  readonly deadLetters: DeadLetter<Body>[];
  /** When each message id was seen last. */
  readonly seen: Map<string, number>;
  readonly locks: Map<string, SessionLock>;
  readonly handedOut: Map<SessionLock, Waiting<Body>>;
}

function send<Body>(state: State<Body>, message: Sent<Body>): void {
  const at = state.now();
  const seenAt = state.seen.get(message.messageId);
  if (seenAt !== undefined && at - seenAt < state.settings.duplicateWindowMs) {
    return;
  }
  state.seen.set(message.messageId, at);
  state.waiting.push({ ...message, sentAtMs: at, deliveries: 0 });
}

function nextOf<Body>({ waiting, locks, now }: State<Body>): Waiting<Body> | undefined {
  return waiting.find((message) => isDue(message, now()) && !locks.has(message.sessionId));
}

function accept<Body>(state: State<Body>, holder: string): SessionLock | null {
  const first = nextOf(state);
  if (first === undefined) {
    return null;
  }
  const { sessionId } = first;
  const at = state.now();
  const untilMs = at + state.settings.lockMs;
  const lock: SessionLock = { sessionId, holder, acceptedAtMs: at, untilMs };
  state.locks.set(sessionId, lock);
  return lock;
}

function receive<Body>(state: State<Body>, lock: SessionLock): Sent<Body> | null {
  const next = state.waiting.find(
    (message) => message.sessionId === lock.sessionId && isDue(message, state.now()),
  );
  if (next === undefined) {
    return null;
  }
  state.handedOut.set(lock, next);
  return next;
}

function isDue({ notBeforeMs = 0 }: Sent<unknown>, at: number): boolean {
  return notBeforeMs <= at;
}

function giveBack<Body>(state: State<Body>, lock: SessionLock): void {
  const message = state.handedOut.get(lock);
  state.handedOut.delete(lock);
  if (message === undefined) {
    return;
  }
  message.deliveries++;
  if (message.deliveries >= state.settings.maxDeliveries) {
    drop(state.waiting, message);
    const { messageId, sessionId, body } = message;
    state.deadLetters.push({ messageId, sessionId, body, reason: "delivered too often" });
  }
}

function lose<Body>(state: State<Body>, lock: SessionLock): void {
  giveBack(state, lock);
  state.locks.delete(lock.sessionId);
}

function passTime<Body>(state: State<Body>): void {
  const at = state.now();
  for (const lock of state.locks.values()) {
    if (lock.untilMs <= at) {
      lose(state, lock);
    }
  }
  const { timeToLiveMs } = state.settings;
  const isOver = ({ sentAtMs, notBeforeMs = 0 }: Waiting<Body>) =>
    at - Math.max(sentAtMs, notBeforeMs) >= timeToLiveMs;
  if (!state.waiting.some(isOver)) {
    return;
  }
  for (const message of state.waiting.filter(isOver)) {
    if (![...state.handedOut.values()].includes(message)) {
      drop(state.waiting, message);
    }
  }
}

function drop<Item>(items: Item[], item: Item | undefined): void {
  const place = item === undefined ? -1 : items.indexOf(item);
  if (place >= 0) {
    items.splice(place, 1);
  }
}

/** A topic: duplicates are dropped once, and each subscription gets a copy. */
export function topicWorld<Body>(
  subscriptions: readonly QueueWorld<Body>[],
  duplicateWindowMs: number,
  now: () => number,
): { send(message: Sent<Body>): void } {
  const seen = new Map<string, number>();
  return {
    send: (message) => {
      const seenAt = seen.get(message.messageId);
      if (seenAt === undefined || now() - seenAt >= duplicateWindowMs) {
        seen.set(message.messageId, now());
        for (const subscription of subscriptions) {
          subscription.send(message);
        }
      }
    },
  };
}

import { editMessage } from "../message/edit.ts";
import { bury, extendLock, giveBack } from "./delivery.ts";
import { BrokerError } from "./errors.ts";
import {
  type MessageLock,
  removeMessage,
  type Store,
  type StoredMessage,
  unlock,
} from "./store.ts";
import type { AmqpValue } from "./types.ts";

/** The receiver's outcome for a message. `properties` are application properties to set; null removes. */
export type Outcome =
  | { readonly kind: "complete" }
  /** It was never handed to a receiver: available again, and not a failed try. */
  | { readonly kind: "release" }
  | { readonly kind: "abandon" | "defer"; readonly properties: PropertyChanges }
  | {
      readonly kind: "dead-letter";
      readonly reason: string | null;
      readonly description: string | null;
      readonly properties: PropertyChanges;
    };

export type PropertyChanges = ReadonlyMap<string, AmqpValue | null>;

/**
 * Checks that a message can be settled with this outcome. @returns its lock
 *
 * @throws BrokerError `message-lock-lost`, `session-lock-lost`, `not-allowed`
 */
export function checkSettlement(store: Store, lockToken: string, outcome: Outcome): MessageLock {
  const { lock } = lockedMessage(store, lockToken);
  if (lock.inTransaction) {
    throw new BrokerError("not-allowed", "The message is being settled in a transaction.");
  }
  if (outcome.kind === "dead-letter" && store.deadLetter === null) {
    throw new BrokerError(
      "not-allowed",
      `Cannot dead-letter a message of "${store.path}": it is a dead letter already.`,
    );
  }
  return lock;
}

/** Settles a locked message. @throws BrokerError as `checkSettlement` */
export function settle(store: Store, lockToken: string, outcome: Outcome): void {
  checkSettlement(store, lockToken, outcome);
  const stored = lockedMessage(store, lockToken);
  if (outcome.kind === "complete") {
    removeMessage(store, stored);
    return;
  }
  if (outcome.kind === "release") {
    giveBack(store, stored, { counts: false });
    return;
  }
  stored.message = editMessage(stored.message, {
    system: {},
    applicationProperties: outcome.properties,
  });
  switch (outcome.kind) {
    case "abandon":
      giveBack(store, stored, { counts: true });
      break;
    case "defer":
      unlock(store, stored);
      stored.state = "deferred";
      stored.deliveryCount += 1;
      break;
    case "dead-letter":
      bury(store, stored, { reason: outcome.reason, description: outcome.description });
      break;
  }
}

/** Prolongs a message's lock. @returns the new end of the lock @throws as `settle` */
export function renewLock(store: Store, lockToken: string): number {
  return extendLock(store, lockedMessage(store, lockToken));
}

function lockedMessage(
  store: Store,
  lockToken: string,
): StoredMessage & { readonly lock: MessageLock } {
  const stored = store.byLockToken.get(lockToken);
  if (stored !== undefined && isLocked(stored)) {
    return stored;
  }
  if (store.settings().requiresSession) {
    throw new BrokerError(
      "session-lock-lost",
      "The session lock was lost. Request a new session receiver.",
    );
  }
  throw new BrokerError(
    "message-lock-lost",
    "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.",
  );
}

function isLocked(stored: StoredMessage): stored is StoredMessage & { readonly lock: MessageLock } {
  return stored.lock !== null;
}

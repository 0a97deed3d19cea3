import { editMessage } from "../message/edit.ts";
import { bury, extendLock, giveBack } from "./delivery.ts";
import { BrokerError } from "./errors.ts";
import { removeMessage, type Store, type StoredMessage, unlock } from "./store.ts";
import type { AmqpValue } from "./types.ts";

/** What a receiver says became of a message. `properties` are application properties to set; null removes. */
export type Outcome =
  | { readonly kind: "complete" }
  | { readonly kind: "abandon" | "defer"; readonly properties: PropertyChanges }
  | {
      readonly kind: "dead-letter";
      readonly reason: string | null;
      readonly description: string | null;
      readonly properties: PropertyChanges;
    };

export type PropertyChanges = ReadonlyMap<string, AmqpValue | null>;

/** Settles a locked message. @throws BrokerError `message-lock-lost`, `session-lock-lost` */
export function settle(store: Store, lockToken: string, outcome: Outcome): void {
  const stored = lockedMessage(store, lockToken);
  if (outcome.kind === "complete") {
    removeMessage(store, stored);
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
      break;
    case "dead-letter":
      deadLetter(store, stored, outcome);
      break;
  }
}

/** Makes a message's lock last longer. Returns until when. @throws as `settle` */
export function renewLock(store: Store, lockToken: string): number {
  return extendLock(store, lockedMessage(store, lockToken));
}

function lockedMessage(store: Store, lockToken: string): StoredMessage {
  const stored = store.byLockToken.get(lockToken);
  if (stored !== undefined) {
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

function deadLetter(
  store: Store,
  stored: StoredMessage,
  outcome: Extract<Outcome, { readonly kind: "dead-letter" }>,
): void {
  if (store.deadLetter === null) {
    giveBack(store, stored, { counts: false });
    return;
  }
  bury(store, stored, { reason: outcome.reason, description: outcome.description });
}

import { take } from "./delivery.ts";
import { BrokerError } from "./errors.ts";
import { type Consumer, type Delivery, laneOf, type Store, type StoredMessage } from "./store.ts";

export interface DeferredRequest {
  readonly sequenceNumbers: readonly number[];
  readonly mode: Consumer["mode"];
  /** Null for a receiver without a session. */
  readonly sessionId: string | null;
}

/**
 * Receives deferred messages: all of them or none.
 *
 * @throws BrokerError `message-not-found` when one is not deferred, is locked or belongs to another session;
 *   `session-lock-lost`
 */
export function receiveDeferred(store: Store, request: DeferredRequest): Delivery[] {
  const found = request.sequenceNumbers.map((number) => findDeferred(store, number, request));
  return found.map((stored) => take(store, stored, request.mode));
}

function findDeferred(store: Store, number: number, request: DeferredRequest): StoredMessage {
  const stored = store.messages.get(number);
  const { requiresSession } = store.settings();
  if (
    stored?.state !== "deferred" ||
    stored.lock !== null ||
    (requiresSession && stored.message.system.sessionId !== request.sessionId)
  ) {
    throw new BrokerError(
      "message-not-found",
      `Failed to lock one or more specified messages. Message ${number} of "${store.path}" is not deferred or is locked.`,
    );
  }
  if (requiresSession && laneOf(store, stored.message.system.sessionId).lock === null) {
    throw new BrokerError("session-lock-lost", `The session "${request.sessionId}" is not locked.`);
  }
  return stored;
}

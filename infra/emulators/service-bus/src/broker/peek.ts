import type { Store, StoredMessage } from "./store.ts";

export interface PeekRequest {
  readonly fromSequenceNumber: number;
  readonly maxCount: number;
  /** Null for all sessions. */
  readonly sessionId: string | null;
}

/** Largest answer to a peek, not counting its first message. */
const MAX_PEEK_BYTES = 1024 * 1024;

/** Reads messages without receiving them, even locked, deferred or scheduled ones. */
export function peek(store: Store, request: PeekRequest): StoredMessage[] {
  const found: StoredMessage[] = [];
  let bytes = 0;
  for (const stored of inOrder(store)) {
    if (stored.sequenceNumber < request.fromSequenceNumber || !isAskedFor(stored, request)) {
      continue;
    }
    bytes += stored.message.sizeBytes;
    if (found.length >= request.maxCount || (bytes > MAX_PEEK_BYTES && found.length > 0)) {
      break;
    }
    found.push(stored);
  }
  return found;
}

function inOrder(store: Store): Iterable<StoredMessage> {
  return store.inSequence
    ? store.messages.values()
    : [...store.messages.values()].sort(
        (left, right) => left.sequenceNumber - right.sequenceNumber,
      );
}

function isAskedFor(stored: StoredMessage, { sessionId }: PeekRequest): boolean {
  return sessionId === null || stored.message.system.sessionId === sessionId;
}

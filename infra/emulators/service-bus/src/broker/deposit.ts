import {
  type QueueEntity,
  type SubscriptionEntity,
  type Surroundings,
  withCause,
} from "./entity.ts";
import { enqueue, enqueueDead, type Inbound, inter, numberMessage, originOf } from "./intake.ts";
import { removeMessage, type StoredMessage } from "./store.ts";

/** After so many hops a message goes to the dead letters instead. */
const MAX_HOPS = 4;

/** Puts a message into a queue or subscription, or forwards it from there. */
export function deposit(
  around: Surroundings,
  box: QueueEntity | SubscriptionEntity,
  inbound: Inbound,
): StoredMessage {
  if (box.config.requiresSession && inbound.message.system.sessionId === undefined) {
    return enqueueDead(box.store, inbound, {
      reason: "Session ID is null.",
      description:
        "Session enabled entity doesn't allow a message whose session identifier is null.",
    });
  }
  return box.config.forwardTo === null
    ? enqueue(box.store, inbound, box.config.defaultTimeToLiveMs)
    : sendOn(around, box, { inbound, target: box.config.forwardTo });
}

/** Forwards the waiting messages of a queue or subscription whose `forwardTo` was set. */
export function forwardWaiting(around: Surroundings, box: QueueEntity | SubscriptionEntity): void {
  for (const stored of [...box.store.messages.values()]) {
    if (stored.state === "active" && stored.lock === null) {
      removeMessage(box.store, stored);
      deposit(around, box, stored);
    }
  }
}

function sendOn(
  around: Surroundings,
  box: QueueEntity | SubscriptionEntity,
  { inbound, target }: { readonly inbound: Inbound; readonly target: string },
): StoredMessage {
  if (inbound.hops >= MAX_HOPS) {
    return enqueueDead(box.store, inbound, {
      reason: "MaxTransferHopCountExceeded",
      description: `The message was forwarded more than ${MAX_HOPS} times.`,
    });
  }
  const stored = numberMessage(box.store, inbound);
  try {
    around.forward(target, {
      ...inbound,
      enqueuedSequenceNumber: originOf(stored),
      hops: inbound.hops + 1,
    });
  } catch (error) {
    // The sender has finished, so a refused message is kept where an operator looks for it.
    const description = error instanceof Error ? error.message : String(error);
    const cause = { reason: "MessageForwardingFailed", description };
    inter(box.transferDeadLetters, stored, withCause(stored.message, cause));
  }
  return stored;
}

import {
  type QueueEntity,
  type SubscriptionEntity,
  type Surroundings,
  withCause,
} from "./entity.ts";
import { enqueue, enqueueDead, type Inbound, inter, numberMessage, originOf } from "./intake.ts";
import { removeMessage, type StoredMessage } from "./store.ts";

/** A message that has been forwarded this often goes to the dead letters instead. */
const MAX_HOPS = 4;

/** Puts a message into a queue or subscription, or sends it on from there. */
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

/** Sends on what waits in a queue or subscription whose messages are to be forwarded from now on. */
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
    // The sender's part is done: what the target refuses is kept where an operator looks for it.
    const description = error instanceof Error ? error.message : String(error);
    const cause = { reason: "MessageForwardingFailed", description };
    inter(box.transferDeadLetters, stored, withCause(stored.message, cause));
  }
  return stored;
}

import { setImmediate } from "node:timers/promises";
import type { ServiceBusReceivedMessage } from "@azure/service-bus";

/** The part of a receiver that settles and renews. */
export interface SettlingReceiver {
  completeMessage(message: ServiceBusReceivedMessage): Promise<void>;
  abandonMessage(message: ServiceBusReceivedMessage): Promise<void>;
}

export interface Settler {
  complete(message: ServiceBusReceivedMessage): Promise<void>;
  abandon(message: ServiceBusReceivedMessage): Promise<void>;
  /** Gives back a message that no function got. Unlike abandoning, this is not a failed try. */
  release(message: ServiceBusReceivedMessage): Promise<void>;
}

/**
 * Settles the messages of a receiver one after the other.
 *
 * If two adjacent deliveries are settled differently in one tick, the AMQP library under the SDK sends ONE disposition
 * with the first outcome, and so loses a message.
 */
export function settler(receiver: SettlingReceiver): Settler {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (settle: () => Promise<void>) => {
    const settled = last.then(settle, settle);
    last = settled.catch(() => undefined);
    return settled;
  };
  return {
    complete: (message) => inTurn(() => receiver.completeMessage(message)),
    abandon: (message) => inTurn(() => receiver.abandonMessage(message)),
    release: (message) => inTurn(() => release(message)),
  };
}

/** The SDK cannot do this; the AMQP delivery of its messages can. */
async function release(message: ServiceBusReceivedMessage): Promise<void> {
  (message as { readonly delivery?: { release(): void } }).delivery?.release();
  // It is written at the end of this turn, and the next settlement must come later.
  await setImmediate();
}

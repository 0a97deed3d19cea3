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
  /** Gives back a message that no function was handed: unlike abandoning, this is not a failed try. */
  release(message: ServiceBusReceivedMessage): Promise<void>;
}

/**
 * Settles the messages of a receiver one after the other.
 *
 * The AMQP library under the SDK sends two adjacent deliveries that are settled differently in one tick as ONE
 * disposition with the first one's outcome, and so loses a message.
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

/** The SDK has no word for this, the AMQP delivery that its messages carry has. */
async function release(message: ServiceBusReceivedMessage): Promise<void> {
  (message as { readonly delivery?: { release(): void } }).delivery?.release();
  // Written at the end of this turn; the next settlement must not come before.
  await setImmediate();
}

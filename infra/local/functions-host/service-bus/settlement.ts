import type { ServiceBusReceivedMessage } from "@azure/service-bus";

/** The part of a receiver that settles and renews. */
export interface SettlingReceiver {
  completeMessage(message: ServiceBusReceivedMessage): Promise<void>;
  abandonMessage(message: ServiceBusReceivedMessage): Promise<void>;
}

export interface Settler {
  complete(message: ServiceBusReceivedMessage): Promise<void>;
  abandon(message: ServiceBusReceivedMessage): Promise<void>;
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
  };
}

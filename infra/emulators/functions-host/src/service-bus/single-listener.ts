import type { ServiceBusReceiver } from "@azure/service-bus";
import type { Listener } from "../listener.ts";
import { keepLocked } from "./lock-renewal.ts";
import { handleMessage, type MessagePorts, type MessageSource } from "./message-handler.ts";
import { openReceiver } from "./receivers.ts";
import { type Settler, settler } from "./settlement.ts";

/**
 * Gives each message to the function by itself, up to `maxConcurrentCalls` at a time. The SDK's subscription reconnects
 * by itself, without end.
 */
export function singleListener(ports: MessagePorts, source: MessageSource): Listener {
  const { target, options } = source;
  const about = { functionName: target.name };
  const inFlight = new Set<Promise<void>>();
  const receiver = openReceiver(ports, source);
  const settle = settler(receiver);
  let subscription: { close(): Promise<void> } | null = null;
  let isStopped = false;
  const handle = async (message: Parameters<Settler["release"]>[0]) => {
    if (isStopped) {
      await settle.release(message);
      return;
    }
    const lock = {
      lockedUntil: message.lockedUntilUtc,
      renew: () => receiver.renewMessageLock(message),
    };
    const unlock = keepLocked(lock, {
      maxMs: options.maxAutoLockRenewalDuration,
      onError: (error) => ports.log.warn(`Cannot renew the lock of a message: ${error}`, about),
    });
    await handleMessage(ports, source, { message, settle }).finally(unlock);
  };
  return {
    start() {
      subscription = receiver.subscribe(
        {
          async processMessage(message) {
            const handling = handle(message);
            inFlight.add(handling);
            await handling.finally(() => inFlight.delete(handling));
          },
          processError({ error, errorSource }) {
            ports.log.warn(`Service Bus (${errorSource}): ${error.message}`, about);
            return Promise.resolve();
          },
        },
        { autoCompleteMessages: false, maxConcurrentCalls: options.maxConcurrentCalls },
      );
      return Promise.resolve();
    },
    async stop() {
      isStopped = true;
      await subscription?.close();
      await Promise.allSettled([...inFlight]);
      await closeQuietly(receiver);
    },
  };
}

async function closeQuietly(receiver: ServiceBusReceiver): Promise<void> {
  await receiver.close().catch(() => undefined);
}

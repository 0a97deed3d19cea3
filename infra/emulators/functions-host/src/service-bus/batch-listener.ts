import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import type { Listener } from "../listener.ts";
import { handleBatch, type MessagePorts, type MessageSource } from "./message-handler.ts";
import { acceptSession, openReceiver, repeatUntil } from "./receivers.ts";
import { settler } from "./settlement.ts";

/**
 * Hands messages to the function in batches (`cardinality: "many"`), one batch at a time, and renews no locks, as on the
 * platform. With sessions a batch is of one session.
 */
export function batchListener(
  ports: MessagePorts,
  source: MessageSource,
  isSessionsEnabled: boolean,
): Listener {
  const stopping = new AbortController();
  const { signal } = stopping;
  let loop: Promise<unknown> = Promise.resolve();
  const onError = (error: unknown) =>
    ports.log.warn(`Service Bus (batch): ${error}`, { functionName: source.target.name });
  const round = async () => {
    const receiver = isSessionsEnabled
      ? await acceptSession(ports, source, signal)
      : openReceiver(ports, source);
    if (receiver !== null) {
      await drain(ports, source, { receiver, signal, isSessionsEnabled }).finally(() =>
        receiver.close().catch(() => undefined),
      );
    }
  };
  return {
    start() {
      loop = repeatUntil(signal, round, onError);
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}

interface Draining {
  readonly receiver: ServiceBusReceiver;
  readonly signal: AbortSignal;
  readonly isSessionsEnabled: boolean;
}

async function drain(
  ports: MessagePorts,
  source: MessageSource,
  draining: Draining,
): Promise<void> {
  const settle = settler(draining.receiver);
  while (!draining.signal.aborted) {
    const messages = await gather(source, draining);
    if (messages.length > 0) {
      await handleBatch(ports, source, { messages, settle });
    } else if (draining.isSessionsEnabled) {
      return;
    }
  }
}

/** Waits for messages, then up to `maxBatchWaitTime` for `minMessageBatchSize` of them. */
async function gather(
  { options }: MessageSource,
  { receiver, signal, isSessionsEnabled }: Draining,
): Promise<ServiceBusReceivedMessage[]> {
  const receive = (count: number, maxWaitTimeInMs: number) =>
    receiver.receiveMessages(count, { maxWaitTimeInMs, abortSignal: signal });
  const { tryTimeout } = options.clientRetryOptions;
  const idleMs = isSessionsEnabled ? (options.sessionIdleTimeout ?? tryTimeout) : tryTimeout;
  const messages = await receive(options.maxMessageBatchSize, idleMs);
  const deadlineMs = Date.now() + options.maxBatchWaitTime;
  while (messages.length > 0 && messages.length < options.minMessageBatchSize) {
    const remainingMs = deadlineMs - Date.now();
    if (remainingMs <= 0) {
      break;
    }
    const more = await receive(options.maxMessageBatchSize - messages.length, remainingMs).catch(
      (error: unknown) => {
        // What was received so far is handed over before the host stops.
        if (signal.aborted) {
          return null;
        }
        throw error;
      },
    );
    if (more === null) {
      break;
    }
    messages.push(...more);
  }
  return messages;
}

import type { ServiceBusSessionReceiver } from "@azure/service-bus";
import type { Listener } from "../listener.ts";
import { keepLocked } from "./lock-renewal.ts";
import { handleMessage, type MessagePorts, type MessageSource } from "./message-handler.ts";
import { acceptSession, repeatUntil } from "./receivers.ts";
import { settler } from "./settlement.ts";

/**
 * Gives the messages of sessions to the function: up to `maxConcurrentSessions` sessions at a time, the messages of one
 * session one after the other and in order. A session is released when it has been silent for `sessionIdleTimeout`.
 */
export function sessionListener(ports: MessagePorts, source: MessageSource): Listener {
  const stopping = new AbortController();
  let loops: Promise<unknown> = Promise.resolve();
  const onError = (error: unknown) =>
    ports.log.warn(`Service Bus (session): ${error}`, { functionName: source.target.name });
  return {
    start() {
      loops = Promise.all(
        Array.from({ length: source.options.maxConcurrentSessions }, () =>
          repeatUntil(stopping.signal, () => oneSession(ports, source, stopping.signal), onError),
        ),
      );
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      await loops;
    },
  };
}

async function oneSession(
  ports: MessagePorts,
  source: MessageSource,
  signal: AbortSignal,
): Promise<void> {
  const session = await acceptSession(ports, source, signal);
  if (session === null) {
    return;
  }
  const { sessionId } = session;
  const lock = {
    lockedUntil: session.sessionLockedUntilUtc,
    renew: () => session.renewSessionLock(),
  };
  // as in the platform's SDK: from the accepting of the session on, with or without messages
  const unlock = keepLocked(lock, {
    maxMs: source.options.maxAutoLockRenewalDuration,
    onError: (error) =>
      ports.log.warn(`Cannot renew the lock of session "${sessionId}": ${error}`, {
        functionName: source.target.name,
      }),
  });
  try {
    await drain(ports, source, { session, signal });
  } finally {
    unlock();
    await session.close().catch(() => undefined);
  }
}

async function drain(
  ports: MessagePorts,
  source: MessageSource,
  { session, signal }: { session: ServiceBusSessionReceiver; signal: AbortSignal },
): Promise<void> {
  const { options } = source;
  const settle = settler(session);
  const maxWaitTimeInMs = options.sessionIdleTimeout ?? options.clientRetryOptions.tryTimeout;
  while (!signal.aborted) {
    const [message] = await session.receiveMessages(1, { maxWaitTimeInMs, abortSignal: signal });
    if (message === undefined) {
      return;
    }
    await handleMessage(ports, source, { message, settle });
  }
}

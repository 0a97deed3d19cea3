import { setTimeout as wait } from "node:timers/promises";
import type { ServiceBusReceiver, ServiceBusSessionReceiver } from "@azure/service-bus";
import type { MessagePorts, MessageSource } from "./message-handler.ts";

/** Bodies stay bytes, as sent; locks are renewed by this host, not by the SDK. */
export function openReceiver(
  { client }: MessagePorts,
  { entity }: MessageSource,
): ServiceBusReceiver {
  const options = { skipParsingBodyAsJson: true, maxAutoLockRenewalDurationInMs: 0 };
  return entity.subscription === undefined
    ? client.createReceiver(entity.name, options)
    : client.createReceiver(entity.name, entity.subscription, options);
}

/**
 * Waits for the next free session.
 *
 * @returns null when none came free within the try timeout, or the signal aborted
 */
export async function acceptSession(
  { client }: MessagePorts,
  { entity }: MessageSource,
  signal: AbortSignal,
): Promise<ServiceBusSessionReceiver | null> {
  const sessionOptions = { skipParsingBodyAsJson: true, maxAutoLockRenewalDurationInMs: 0 };
  const accepting =
    entity.subscription === undefined
      ? client.acceptNextSession(entity.name, sessionOptions)
      : client.acceptNextSession(entity.name, entity.subscription, sessionOptions);
  try {
    return await untilAborted(accepting, signal);
  } catch (error) {
    const code = (error as { code?: string }).code ?? "";
    if (["ServiceTimeout", "OperationTimeoutError"].includes(code)) {
      return null;
    }
    throw error;
  }
}

/** The SDK does not stop accepting a session when asked to. A session that comes after the signal is given back. */
function untilAborted(
  accepting: Promise<ServiceBusSessionReceiver>,
  signal: AbortSignal,
): Promise<ServiceBusSessionReceiver | null> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      resolve(null);
      accepting.then((session) => session.close()).catch(() => undefined);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    accepting.finally(() => signal.removeEventListener("abort", giveUp)).then(resolve, reject);
    if (signal.aborted) {
      giveUp();
    }
  });
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;

/**
 * Repeats a round of a receive loop until the signal aborts. The pause grows while rounds fail.
 *
 * @param round must reject, not resolve at once, when there is nothing to wait for
 * @param onError called for each failure
 */
export async function repeatUntil(
  signal: AbortSignal,
  round: () => Promise<void>,
  onError: (error: unknown) => void,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      await round();
      pauseMs = FIRST_PAUSE_MS;
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      onError(error);
      await wait(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }
}

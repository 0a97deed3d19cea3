import type { ServiceBusReceivedMessage } from "@azure/service-bus";

export interface RenewingReceiver {
  renewMessageLock(message: ServiceBusReceivedMessage): Promise<Date>;
}

/**
 * Renews the lock of a message at half of its remaining time, for as long as the platform would.
 *
 * Not left to the SDK: its renewal is kept by message id, so two deliveries of one id disturb each other, and a message
 * without id cannot be settled.
 *
 * @param options.onError told once; the renewal then ends
 * @returns what ends the renewal
 */
export function keepLocked(
  receiver: RenewingReceiver,
  message: ServiceBusReceivedMessage,
  options: { maxMs: number; onError: (error: unknown) => void },
): () => void {
  const endsAtMs = Date.now() + options.maxMs;
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  const arm = (lockedUntil: Date | undefined) => {
    const lockedUntilMs = lockedUntil?.getTime() ?? 0;
    if (isEnded || lockedUntilMs >= endsAtMs || Date.now() >= endsAtMs) {
      return;
    }
    const waitMs = Math.max(0, (lockedUntilMs - Date.now()) / 2);
    timer = setTimeout(() => {
      receiver.renewMessageLock(message).then(arm, (error: unknown) => {
        if (!isEnded) {
          options.onError(error);
        }
      });
    }, waitMs).unref();
  };
  arm(message.lockedUntilUtc);
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

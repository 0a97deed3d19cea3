/** A lock on a message, or on a session. */
export interface RenewableLock {
  readonly lockedUntil: Date | undefined;
  /** @returns until when it is locked then */
  renew(): Promise<Date>;
}

/** With less than this left a renewal would come too late. */
const TOO_LATE_MS = 1_000;
/** What the SDK calls a lock that is gone, whoever asks again. */
const LOST: ReadonlySet<unknown> = new Set(["MessageLockLost", "SessionLockLost"]);

/**
 * Renews a lock at half of its remaining time, for as long as the platform would. A renewal that fails, as one does
 * whose answer is late on a busy machine, is tried again in half of what remains then.
 *
 * Not left to the SDK: its renewal of messages is kept by message id, so two deliveries of one id disturb each other,
 * and a message without id cannot be settled; that of sessions waits ten seconds for its answer and, after one
 * failure, ends without a word.
 *
 * @param options.onError told once, of the last failure; the renewal then ends
 * @returns what ends the renewal
 */
export function keepLocked(
  { lockedUntil, renew }: RenewableLock,
  options: { maxMs: number; onError: (error: unknown) => void },
): () => void {
  const endsAtMs = Date.now() + options.maxMs;
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  const arm = (untilMs: number) => {
    if (!isEnded && untilMs < endsAtMs && Date.now() < endsAtMs) {
      timer = setTimeout(() => attempt(untilMs), Math.max(0, (untilMs - Date.now()) / 2)).unref();
    }
  };
  const attempt = (untilMs: number) => {
    renew().then(
      (until) => arm(until.getTime()),
      (error: unknown) => {
        if (isEnded) {
          return;
        }
        if (!isLost(error) && untilMs - Date.now() > TOO_LATE_MS) {
          arm(untilMs);
        } else {
          options.onError(error);
        }
      },
    );
  };
  arm(lockedUntil?.getTime() ?? 0);
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

function isLost(error: unknown): boolean {
  return error instanceof Error && "code" in error && LOST.has(error.code);
}

/** A lock on a message, or on a session. */
export interface RenewableLock {
  readonly lockedUntil: Date | undefined;
  /** @returns the new end of the lock */
  renew(): Promise<Date>;
}

/** With less time left, a renewal would come too late. */
const TOO_LATE_MS = 1_000;
/** The SDK's codes of a lost lock; asking again does not help. */
const LOST: ReadonlySet<unknown> = new Set(["MessageLockLost", "SessionLockLost"]);

/**
 * Renews a lock at half of its remaining time, for as long as the platform would. A failed renewal, e.g. one whose
 * answer is late on a busy machine, is repeated at half of the time that remains then.
 *
 * The SDK's own renewal is not used. For messages it works by message id: two deliveries of one id disturb each other,
 * and a message without id cannot be settled. For sessions it waits ten seconds for its answer, and ends silently after
 * one failure.
 *
 * @param options.onError called once with the last failure; the renewal then ends
 * @returns a function that ends the renewal
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

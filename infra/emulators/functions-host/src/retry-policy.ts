import type { Clock } from "./clock.ts";

/** A function's `retry` option as the library hands it over. */
export interface RetryPolicy {
  readonly retryStrategy?: string;
  /** -1 is without end. */
  readonly maxRetryCount?: number;
  readonly delayInterval?: { readonly seconds?: number };
  readonly minimumInterval?: { readonly seconds?: number };
  readonly maximumInterval?: { readonly seconds?: number };
}

export interface RetryAttempt {
  readonly retryCount: number;
  readonly maxRetryCount: number;
  readonly exception?: {
    readonly message: string;
    readonly stackTrace: string;
    readonly source: string;
  };
}

export interface RetryPorts {
  readonly clock: Clock;
  /** Ends the waiting; the failure that led to the retry then counts. */
  readonly signal: AbortSignal;
}

/**
 * Runs an attempt again under the policy until it succeeds or the policy is used up.
 *
 * @param attempt gets null on the first run and the retry context from then on
 * @throws what the last attempt threw
 */
export async function withRetry<T>(
  policy: RetryPolicy | undefined,
  ports: RetryPorts,
  attempt: (context: RetryAttempt | null) => Promise<T>,
): Promise<T> {
  const maxRetryCount = policy?.maxRetryCount ?? 0;
  let context: RetryAttempt | null = null;
  for (let retryCount = 1; ; retryCount += 1) {
    try {
      return await attempt(context);
    } catch (error) {
      const isUsedUp = maxRetryCount >= 0 && retryCount > maxRetryCount;
      if (
        policy === undefined ||
        isUsedUp ||
        !(await waited(ports, retryDelayMs(policy, retryCount)))
      ) {
        throw error;
      }
      context = { retryCount, maxRetryCount, exception: exceptionOf(error) };
    }
  }
}

/** Exponential back-off doubles from the minimum up to the maximum; the platform adds a jitter, this does not. */
function retryDelayMs(policy: RetryPolicy, retryCount: number): number {
  if (policy.retryStrategy !== "exponentialBackoff") {
    return (policy.delayInterval?.seconds ?? 0) * 1000;
  }
  const minimumMs = (policy.minimumInterval?.seconds ?? 0) * 1000;
  const maximumMs = (policy.maximumInterval?.seconds ?? 0) * 1000;
  return Math.min(maximumMs, minimumMs * 2 ** (retryCount - 1));
}

function waited({ clock, signal }: RetryPorts, delayMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false);
      return;
    }
    const cancel = clock.callAt(clock.now() + delayMs, () => resolve(true));
    signal.addEventListener(
      "abort",
      () => {
        cancel();
        resolve(false);
      },
      { once: true },
    );
  });
}

function exceptionOf(error: unknown) {
  const { message = String(error), stack = "" } = error instanceof Error ? error : {};
  return { message, stackTrace: stack, source: "" };
}

import { UnavailableError } from "../domain/errors.ts";

export interface Patience {
  readonly ms: number;
  /** For the error, e.g. `send a run`. */
  readonly what: string;
  /** Told when the time is over. */
  onSilence?(): void;
}

/**
 * Waits for a service, and no longer than it may take. One that does not answer at all is worse than one that refuses:
 * its SDK may wait for minutes.
 *
 * The call itself is left to its SDK, and may still succeed. That of Service Bus, told to stop, closes a link without
 * waiting for it; with a silent broker that rejects where nobody hears, which ends the process.
 *
 * @throws UnavailableError when there is no answer in time
 */
export async function within<Answer>(
  { ms, what, onSilence }: Patience,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const { promise: silence, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    onSilence?.();
    reject(new UnavailableError(`Cannot ${what}: there was no answer within ${ms / 1_000} s`));
  }, ms);
  const calling = call();
  // one that fails after its time is nobody's any more
  calling.catch(() => undefined);
  try {
    return await Promise.race([calling, silence]);
  } finally {
    clearTimeout(timer);
  }
}

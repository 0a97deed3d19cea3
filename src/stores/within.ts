import { UnavailableError } from "../domain/errors.ts";

export interface Patience {
  readonly ms: number;
  /** Name of the action in the error, e.g. `send a run`. */
  readonly what: string;
  /** Called when the time is over. */
  onSilence?(): void;
}

/**
 * Waits for a service up to a limit. A service that does not answer is worse than one that refuses: its SDK may wait
 * for minutes.
 *
 * The call itself continues and may still succeed. It cannot be stopped safely: the Service Bus SDK closes a link
 * without waiting for it. If the broker is silent, that promise rejects unhandled, which ends the process.
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
  // no code waits for a failure after the limit
  calling.catch(() => undefined);
  try {
    return await Promise.race([calling, silence]);
  } finally {
    clearTimeout(timer);
  }
}

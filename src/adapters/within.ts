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
 * @throws Error when there is no answer in time; the call itself is told to stop
 */
export async function within<Answer>(
  { ms, what, onSilence }: Patience,
  call: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const stopping = new AbortController();
  const { promise: silence, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    onSilence?.();
    reject(new Error(`Cannot ${what}: there was no answer within ${ms / 1_000} s`));
    stopping.abort();
  }, ms);
  const calling = call(stopping.signal);
  // one that fails after its time is nobody's any more
  calling.catch(() => undefined);
  try {
    return await Promise.race([calling, silence]);
  } finally {
    clearTimeout(timer);
  }
}

const MAX_FUNCTION_MS = 60 * 60_000;

/**
 * How long one invocation works, from one figure. When the platform scales in, it lets an instance work for another 60
 * minutes. That is functionTimeout in host.json, and nobody is let work for longer. Where functionTimeout is shorter,
 * these are as well.
 *
 * Locks are renewed for much longer (maxAutoLockRenewalDuration). That time counts from the acceptance of a session,
 * which may have one run after the other.
 */
export function invocationTimes(functionTimeoutMs: number): {
  /** Who can go on in another invocation does so: 55 of 60 minutes, which leaves time to save the place. */
  readonly goOnLaterMs: number;
  /** Who cannot is ended: 58 of 60 minutes, which leaves time to note the failure. */
  readonly endMs: number;
} {
  const longestMs = Math.min(functionTimeoutMs, MAX_FUNCTION_MS);
  return { goOnLaterMs: (55 / 60) * longestMs, endMs: (58 / 60) * longestMs };
}

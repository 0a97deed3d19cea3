/**
 * Whether so much time has passed since a stored time. Clocks jump: a time in the future was noted by a wrong clock,
 * and counts as long past.
 */
export function isOlderThan(since: Date, now: Date, ms: number): boolean {
  const ageMs = now.getTime() - since.getTime();
  return ageMs >= ms || ageMs < 0;
}

/** Upper bound for the difference of two machines' clocks. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/** Whether a stored time was noted by a clock that ran ahead. Anything else that it noted is not trusted either. */
export function isAhead(noted: Date, now: Date): boolean {
  return noted.getTime() - now.getTime() > MAX_CLOCK_SKEW_MS;
}

/**
 * Whether so much time has passed since an instant that was stored. Clocks jump: an instant in the future was noted by a
 * clock that was wrong, says nothing, and counts as long past.
 */
export function isOlderThan(since: Date, now: Date, ms: number): boolean {
  const ageMs = now.getTime() - since.getTime();
  return ageMs >= ms || ageMs < 0;
}

/** Clocks of two machines differ by less. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/** Whether an instant that was stored was noted by a clock that ran ahead: whatever it noted then counts for nothing. */
export function isAhead(noted: Date, now: Date): boolean {
  return noted.getTime() - now.getTime() > MAX_CLOCK_SKEW_MS;
}

/**
 * Whether so much time has passed since an instant that was stored. Clocks jump: an instant in the future was noted by a
 * clock that was wrong, says nothing, and counts as long past.
 */
export function isOlderThan(since: Date, now: Date, ms: number): boolean {
  const ageMs = now.getTime() - since.getTime();
  return ageMs >= ms || ageMs < 0;
}

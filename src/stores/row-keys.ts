/** Numbers in row keys, which sort as texts. */

const MS_DIGITS = 15;
const HIGHEST_MS = 999_999_999_999_999;
const PLACE_DIGITS = 12;

/** An instant, the oldest first. */
export function ascending(ms: number): string {
  return String(ms).padStart(MS_DIGITS, "0");
}

/** An instant, the newest first: tables sort ascending only, so the key counts down. */
export function descending(ms: number): string {
  return ascending(HIGHEST_MS - ms);
}

/** A place in a sequence, in its order. */
export function placeOf(sequence: number): string {
  return String(sequence).padStart(PLACE_DIGITS, "0");
}

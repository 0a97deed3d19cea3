import type { InboundMessage } from "./inbound-message.ts";

/**
 * Attempts that were interrupted, by a crash or by the end of their time before anything lasting was reached; then the
 * message is set aside. An import that moves on may take as many attempts as it needs.
 */
export const MAX_INTERRUPTIONS = 10;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Waits between attempts that could not reach the target; 16 hours in all. */
const DELAYS_MS = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
];

/** When to try again after one more attempt ended without a result; null: not at all, it is set aside. */
export function nextAttemptAt(
  { postponements }: Pick<InboundMessage, "postponements">,
  now: Date,
): Date | null {
  const delayMs = DELAYS_MS[postponements];
  return delayMs === undefined ? null : new Date(now.getTime() + delayMs);
}

/** Whether so many attempts were interrupted that another is likely to end the same way. */
export function isGivenUp({
  attempts,
  postponements,
  continuations,
}: Pick<InboundMessage, "attempts" | "postponements" | "continuations">): boolean {
  return attempts - postponements - continuations >= MAX_INTERRUPTIONS;
}

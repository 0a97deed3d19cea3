import type { Submission } from "../submissions/submission.ts";
import { isAhead } from "../values/age.ts";

/**
 * Limit of attempts that died, in crashes and restarts; then the submission is set aside. An import whose time ends
 * after the target stored rows may have any number of attempts.
 */
export const MAX_INTERRUPTIONS = 10;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Waits after attempts that could not reach the target; 16 hours in all. */
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

/** Interval of a worker's heartbeats. */
export const BEAT_MS = 15 * SECOND;
/** After three missing heartbeats the worker counts as dead. */
const SILENT_AFTER_MS = 3 * BEAT_MS;
/** After so many dead attempts, in restarts and deployments, the next ones wait longer and longer. */
const PATIENT_INTERRUPTIONS = 3;

type Attempts = Pick<Submission, "attempts" | "postponements" | "continuations">;

/** Time of the next try after one more attempt without a result; null: none, it is set aside. */
export function nextAttemptAt(
  { postponements }: Pick<Submission, "postponements">,
  now: Date,
): Date | null {
  const delayMs = DELAYS_MS[postponements];
  return delayMs === undefined ? null : new Date(now.getTime() + delayMs);
}

/** Whether so many attempts were interrupted that another is likely to end the same way. */
export function isGivenUp(message: Attempts): boolean {
  return interruptions(message) >= MAX_INTERRUPTIONS;
}

function interruptions({ attempts, postponements, continuations }: Attempts): number {
  return attempts - postponements - continuations;
}

/**
 * Whether an attempt has the submission: its last heartbeat is recent. A heartbeat in the future proves nothing,
 * because a clock was wrong.
 */
export function isHeld(submission: Submission, now: Date): boolean {
  const { attemptId = null, touchedAt } = submission;
  const deaths = Math.max(0, interruptions(submission) - PATIENT_INTERRUPTIONS);
  const silentMs = Math.abs(now.getTime() - touchedAt.getTime());
  return attemptId !== null && silentMs < SILENT_AFTER_MS * 2 ** deaths;
}

/** Whether a submission may be attempted now. */
export function isDue(submission: Submission, now: Date): boolean {
  const { dueAt, touchedAt } = submission;
  return (dueAt <= now || isAhead(touchedAt, now)) && !isHeld(submission, now);
}

/**
 * Wait for a sign of a sent run: twice the same time, then each time twice as long. If an outage has used up the run's
 * message, the next one comes within two minutes.
 */
export function patienceMs(
  resends: number,
  { firstMs, mostMs }: { firstMs: number; mostMs: number },
): number {
  return Math.min(firstMs * 2 ** Math.max(0, resends - 1), mostMs);
}

/** A run that has not begun by then was perhaps never sent. */
const PATIENCE = { firstMs: MINUTE, mostMs: 15 * MINUTE };

/** Whether the owed run of a submission must be sent again. */
export function hasStalled(submission: Submission, now: Date): boolean {
  const { attemptId = null, dueAt, touchedAt, resends } = submission;
  if (attemptId !== null) {
    return !isHeld(submission, now);
  }
  if (dueAt > touchedAt) {
    // put off, and not sent since: no message is on its way
    return dueAt <= now || isAhead(touchedAt, now);
  }
  return Math.abs(now.getTime() - touchedAt.getTime()) > patienceMs(resends, PATIENCE);
}

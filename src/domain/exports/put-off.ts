import { isAppError } from "../errors.ts";
import { passingFailure } from "../imports/final-failure.ts";
import { nextAttemptAt } from "../imports/retry-policy.ts";
import type { Ports } from "../ports.ts";
import type { Run, RunFailure } from "./run.ts";
import { nextDue, planSlots } from "./schedule.ts";
import type { Schedule } from "./schedule-definition.ts";

/**
 * Puts a run off after a failure that may pass. Its message is settled, because the queue would deliver it again at
 * once, ten times, and then no more. A tick sends the run when it is due.
 *
 * If the definition cannot be used, its schedule is unknown, and a long wait could pass its slots. Ticks leave such an
 * export out. So the wait is the shortest, and the first tick after the definition was mended sends the run. That does
 * not count as a postponement.
 *
 * @param schedule schedule of the export; undefined: none, or unknown
 * @returns null, or the failure that ends the run: it was put off too often, or the schedule reads the same rows
 *   before another attempt would
 */
export async function putOff(
  ports: Pick<Ports, "runs" | "clock" | "log">,
  run: Run,
  { error, schedule }: { error: unknown; schedule: Schedule | undefined },
): Promise<RunFailure | null> {
  const now = ports.clock.now();
  const failure = passingFailure(error);
  const isUnreadable = isAppError(error, "definition-unreadable");
  const delay = isUnreadable ? NO_POSTPONEMENTS : run;
  const until = notBefore(nextAttemptAt(delay, now), { error, now });
  const isFinal = until === null || isReadBySchedule(run, schedule, { now, until });
  ports.log("run-put-off", {
    exportId: run.exportId,
    runId: run.runId,
    executionId: run.package?.executionId,
    attempts: run.attempts,
    until: isFinal ? null : until.toISOString(),
    failure: String(error instanceof Error ? error.stack : error),
  });
  if (isFinal) {
    return failure;
  }
  const later: Run = {
    ...run,
    state: "queued",
    postponements: run.postponements + (isUnreadable ? 0 : 1),
    nextAttemptAt: until,
    failure,
  };
  // refused when another attempt has the run: then that one settles it
  await ports.runs.update(later, { held: run.attempts, at: now });
  return null;
}

const NO_POSTPONEMENTS: Pick<Run, "postponements"> = { postponements: 0 };

/** If a source names a wait, it is not asked earlier, up to this limit. */
const MAX_ASKED_MS = 8 * 60 * 60_000;

function notBefore(until: Date | null, { error, now }: { error: unknown; now: Date }): Date | null {
  const askedMs = isAppError(error) ? Math.min(error.retryAfterMs ?? 0, MAX_ASKED_MS) : 0;
  return until === null ? null : new Date(Math.max(until.getTime(), now.getTime() + askedMs));
}

/** More due times lie between two attempts only if a schedule is blacked out or paused. */
const MAX_SLOTS = 500;

/** Whether a slot leads to a run that reads the same rows before another attempt could. */
function isReadBySchedule(
  run: Run,
  schedule: Schedule | undefined,
  { now, until }: { now: Date; until: Date },
): boolean {
  if (schedule === undefined || run.package !== undefined || run.mode === "full") {
    return false;
  }
  let due = nextDue(schedule, now);
  for (let slots = 0; due !== null && due <= until && slots < MAX_SLOTS; slots++) {
    const plan = planSlots(schedule, { lastClaimed: new Date(due.getTime() - 1), now: due });
    if (plan.some(({ outcome }) => outcome === "run" || outcome === "late")) {
      return true;
    }
    due = nextDue(schedule, due);
  }
  return false;
}

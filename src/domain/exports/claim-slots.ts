import type { Ports, ScheduleMark, StoredDefinition } from "../ports.ts";
import { isAhead } from "../values/age.ts";
import { type ActiveRun, queuedRun, type Run, type Slot } from "./run.ts";
import { nextRunId } from "./run-id.ts";
import { lastDue, type PlannedSlot, planSlots } from "./schedule.ts";
import type { Schedule } from "./schedule-definition.ts";

type ClaimPorts = Pick<Ports, "runs" | "clock" | "ids" | "log">;

interface Claiming {
  readonly definition: StoredDefinition<"exports">;
  readonly schedule: Schedule;
  /** The schedule's mark when it was read, and the runs that had not ended then. */
  readonly mark: ScheduleMark | null;
  readonly active: readonly ActiveRun[];
}

/**
 * Claims every due slot, in order. Each claim moves the mark under its version. So of two ticks only one claims, even
 * if one of them planned by an earlier schedule.
 *
 * @returns the runs of the slots, each as soon as its slot is claimed
 */
export async function* claimSlots(ports: ClaimPorts, claiming: Claiming): AsyncGenerator<Run> {
  const { definition, schedule } = claiming;
  const now = ports.clock.now();
  const begin = await whereToBegin(ports, claiming, now);
  if (begin === null) {
    return;
  }
  const { lastClaimed } = begin;
  let { mark, active } = begin;
  const plan = planSlots(schedule, { lastClaimed, now });
  for (const [index, planned] of plan.entries()) {
    const run = runOf(ports, { definition, active }, planned);
    const slot = slotOf(ports, planned, { exportId: definition.id, run });
    // C13
    if (!(await ports.runs.claim(slot, run, mark))) {
      // another tick is claiming, perhaps with another plan: leave the rest to it
      return;
    }
    if (run !== null) {
      yield run;
    }
    if (index < plan.length - 1) {
      ({ schedule: mark, active } = await ports.runs.current(definition.id));
      if (mark?.claimedThrough.getTime() !== planned.throughAt.getTime()) {
        return;
      }
    }
  }
}

/** @returns null when another tick is claiming */
async function whereToBegin(
  { runs, log }: ClaimPorts,
  claiming: Claiming,
  now: Date,
): Promise<(Pick<Claiming, "mark" | "active"> & { lastClaimed: Date }) | null> {
  const { id } = claiming.definition;
  const believed = claimedUntil(claiming, now);
  if (believed !== null) {
    return { ...claiming, lastClaimed: believed };
  }
  const lastClaimed = beforeLastSlot(claiming, now);
  await runs.resetSchedule(id, lastClaimed, claiming.mark);
  log("schedule-reset", { exportId: id, at: lastClaimed.toISOString() });
  const { schedule: mark, active } = await runs.current(id);
  const isReset = mark?.claimedThrough.getTime() === lastClaimed.getTime();
  return isReset ? { lastClaimed, mark, active } : null;
}

/**
 * The time up to which everything is claimed. A time in the future was noted by a clock that ran ahead: a schedule that
 * trusted it would stand still until then.
 *
 * @returns null when it is unknown
 */
function claimedUntil({ definition, mark }: Claiming, now: Date): Date | null {
  const markMs = mark?.claimedThrough.getTime() ?? Number.NEGATIVE_INFINITY;
  const { scheduleSince } = definition;
  if (mark !== null && isAhead(mark.claimedThrough, now)) {
    return null;
  }
  const latestMs = isAhead(scheduleSince, now) ? markMs : Math.max(markMs, scheduleSince.getTime());
  return Number.isFinite(latestMs) ? new Date(latestMs) : null;
}

/** Ticks come every minute, so a correct clock found every slot that was due before that. */
const LOOK_BACK_MS = 5 * 60_000;

/**
 * Where a schedule continues if its mark is not trusted. Perhaps only the wrong clock has claimed the latest slot,
 * before its time. It is claimed again: one run too many is better than a run that waits for the next slot.
 */
function beforeLastSlot({ definition, schedule }: Claiming, now: Date): Date {
  const { scheduleSince } = definition;
  if (isAhead(scheduleSince, now)) {
    return now;
  }
  const dueMs = lastDue(schedule, now)?.getTime() ?? Number.NEGATIVE_INFINITY;
  const fromMs = Math.max(dueMs - 1, scheduleSince.getTime(), now.getTime() - LOOK_BACK_MS);
  return new Date(Math.min(fromMs, now.getTime()));
}

function runOf(
  ports: ClaimPorts,
  { definition, active }: Pick<Claiming, "definition" | "active">,
  planned: PlannedSlot,
): Run | null {
  if (planned.outcome !== "run" && planned.outcome !== "late") {
    return null;
  }
  const { id: exportId, body, incarnation } = definition;
  const now = ports.clock.now();
  return queuedRun({
    exportId,
    runId: nextRunId(ports, active, now),
    fileType: body.fileType,
    incarnation,
    trigger: "schedule",
    dueAt: planned.dueAt,
    queuedAt: now,
    mode: "incremental",
  });
}

function slotOf(
  ports: ClaimPorts,
  planned: PlannedSlot,
  { exportId, run }: { exportId: string; run: Run | null },
): Slot {
  return {
    exportId,
    dueAt: planned.dueAt,
    throughAt: planned.throughAt,
    count: planned.count,
    outcome: planned.outcome === "run" ? "ran" : planned.outcome,
    reason: planned.reason,
    runId: run?.runId ?? null,
    claimedAt: ports.clock.now(),
    claimId: ports.ids.guid(),
  };
}

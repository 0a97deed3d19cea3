import { blackoutAt } from "./blackout.ts";
import { type Recurrence, recurrenceOf } from "./recurrence.ts";
import { MAX_MISSED_RUNS, type Schedule } from "./schedule-definition.ts";
import { wallClock } from "./wall-clock.ts";

/** One due time, or a range of consecutive ones with the same outcome. */
export interface PlannedSlot {
  /** The due time; for a range the first one. */
  readonly dueAt: Date;
  /** The last due time of a range; equal to `dueAt` for one slot. The claim reaches to this time. */
  readonly throughAt: Date;
  /**
   * Number of slots in the range. 1 for `run` and `late`; after a very long outage an estimate by the usual distance.
   */
  readonly count: number;
  /**
   * - `run`: start a run; found in time
   * - `late`: start a run; found after `lateAfterSeconds`
   * - `skipped`: no run, because of a pause, a blackout or the missed-run policy
   * - `coalesced`: no run of its own; another run makes up for it
   */
  readonly outcome: "run" | "late" | "skipped" | "coalesced";
  /** Reason, in words for an operator; null for `run`. */
  readonly reason: string | null;
}

/** Most slots in one plan. */
const MAX_SLOTS = MAX_MISSED_RUNS;

/** The first due time strictly after `after`, without pauses and blackouts; null when none is left. */
export function nextDue(schedule: Schedule, after: Date): Date | null {
  return recurrenceOf(schedule).next(after);
}

/** The last due time at or before `at`, without pauses and blackouts; null when there was none. */
export function lastDue(schedule: Schedule, at: Date): Date | null {
  return recurrenceOf(schedule).latest(at);
}

/**
 * Decides the outcome of every slot after `lastClaimed`, up to and including `now`.
 *
 * The caller claims the entries in order and continues from the last entry's `throughAt`. So no slot is left out or
 * planned twice, whenever the ticks come. Consecutive slots without a run are one entry. The work is bounded after any
 * outage: a plan looks at 500 slots. Under the policy `all` without a limit these are the oldest, and the next plan
 * continues from there. Otherwise they are the newest, and all earlier slots become one entry.
 *
 * A late run does not start inside a blackout: the plan ends before it, and the run waits until the blackout is over.
 *
 * @param period.lastClaimed `throughAt` of the last claimed entry. For a new, changed or resumed schedule it is the
 *   time of that change, so that nothing before it counts as missed
 * @returns oldest first; empty when there is nothing to claim now, and when `now` is before `lastClaimed`
 */
export function planSlots(
  schedule: Schedule,
  period: { lastClaimed: Date; now: Date },
): PlannedSlot[] {
  const { older, slots } = slotsToPlan(schedule, period);
  const fates = fatesOf(schedule, slots, period.now);
  const entries = slots.map((dueAt, index) => ({
    dueAt,
    throughAt: dueAt,
    count: 1,
    ...(fates[index] as Fate),
  }));
  const olderEntry = older && { ...older, ...(pauseOf(schedule) ?? missed(schedule)) };
  const plan = withNeighboursJoined(olderEntry === null ? entries : [olderEntry, ...entries]);
  const firstLate = plan.findIndex(({ outcome }) => outcome === "late");
  return firstLate === -1 || blackoutOf(schedule)(period.now) === null
    ? plan
    : plan.slice(0, firstLate);
}

type Fate = Pick<PlannedSlot, "outcome" | "reason">;
type Row = Pick<PlannedSlot, "dueAt" | "throughAt" | "count">;

function slotsToPlan(
  schedule: Schedule,
  { lastClaimed, now }: { lastClaimed: Date; now: Date },
): { older: Row | null; slots: Date[] } {
  const recurrence = recurrenceOf(schedule);
  const oldest = oldestSlots(recurrence, { after: lastClaimed, through: now }, MAX_SLOTS + 1);
  const [first] = oldest;
  if (first === undefined || oldest.length <= MAX_SLOTS) return { older: null, slots: oldest };
  const { policy, limit } = schedule.missedRuns;
  if (policy === "all" && limit === undefined && !schedule.paused) {
    return { older: null, slots: oldest.slice(0, MAX_SLOTS) };
  }
  const { slots, before } = newestSlots(recurrence, now, MAX_SLOTS);
  const throughAt = before ?? first;
  const distanceMs = ((slots.at(-1) ?? now).getTime() - throughAt.getTime()) / slots.length;
  const count = 1 + Math.round((throughAt.getTime() - first.getTime()) / distanceMs);
  return { older: { dueAt: first, throughAt, count }, slots };
}

function oldestSlots(
  recurrence: Recurrence,
  { after, through }: { after: Date; through: Date },
  limit: number,
): Date[] {
  const slots: Date[] = [];
  let due = recurrence.next(after);
  while (due !== null && due <= through && slots.length < limit) {
    slots.push(due);
    due = recurrence.next(due);
  }
  return slots;
}

/** The last `limit` slots, oldest first, and the number of slots before them. */
function newestSlots(
  recurrence: Recurrence,
  through: Date,
  limit: number,
): { slots: Date[]; before: Date | null } {
  const slots: Date[] = [];
  let due = recurrence.latest(through);
  while (due !== null && slots.length < limit) {
    slots.push(due);
    due = recurrence.latest(new Date(due.getTime() - 1));
  }
  return { slots: slots.reverse(), before: due };
}

/** The outcome of each slot; missed slots are decided from the newest to the oldest. */
function fatesOf(schedule: Schedule, slots: readonly Date[], now: Date): Fate[] {
  const blackout = blackoutOf(schedule);
  const lateAfterMs = schedule.lateAfterSeconds * 1000;
  const ageMs = (slot: Date) => now.getTime() - slot.getTime();
  const known = slots.map(
    (slot): Fate | null =>
      pauseOf(schedule) ??
      blackout(slot) ??
      (ageMs(slot) <= lateAfterMs ? { outcome: "run", reason: null } : null),
  );
  let lateRuns = lateRunsAllowed(
    schedule,
    known.some((fate) => fate?.outcome === "run"),
  );
  return slots
    .map((slot, index) => ({ slot, fate: known[index] ?? null }))
    .reverse()
    .map(({ slot, fate }): Fate => {
      if (fate !== null) return fate;
      if (lateRuns === 0) return missed(schedule);
      lateRuns--;
      return {
        outcome: "late",
        reason: `found ${Math.round(ageMs(slot) / 1000)} s after it was due`,
      };
    })
    .reverse();
}

function lateRunsAllowed({ missedRuns }: Schedule, hasRunInTime: boolean): number {
  if (missedRuns.policy === "all") return missedRuns.limit ?? Number.POSITIVE_INFINITY;
  return missedRuns.policy === "once" && !hasRunInTime ? 1 : 0;
}

/** Outcome of a missed slot without its own run. */
function missed({ missedRuns: { policy, limit } }: Schedule): Fate {
  if (policy === "once") {
    return { outcome: "coalesced", reason: "missed; one run makes up for all" };
  }
  const reason = policy === "skip" ? "missed" : `missed; only the newest ${limit} are made up for`;
  return { outcome: "skipped", reason };
}

function pauseOf({ paused }: Schedule): Fate | null {
  return paused ? { outcome: "skipped", reason: "paused" } : null;
}

function blackoutOf({ blackouts, timeZone }: Schedule): (instant: Date) => Fate | null {
  if (blackouts.length === 0) return () => null;
  const clock = wallClock(timeZone);
  return (instant) => {
    const blackout = blackoutAt(blackouts, clock.toLocal(instant.getTime()));
    if (blackout === null) return null;
    const reason = blackout.name === undefined ? "blackout" : `blackout "${blackout.name}"`;
    return { outcome: "skipped", reason };
  };
}

function withNeighboursJoined(entries: readonly PlannedSlot[]): PlannedSlot[] {
  const joined: PlannedSlot[] = [];
  for (const entry of entries) {
    const last = joined.at(-1);
    const runs = entry.outcome === "run" || entry.outcome === "late";
    if (last === undefined || runs || !sameFate(last, entry)) {
      joined.push(entry);
      continue;
    }
    const count = last.count + entry.count;
    joined[joined.length - 1] = { ...last, throughAt: entry.throughAt, count };
  }
  return joined;
}

function sameFate(a: Fate, b: Fate): boolean {
  return a.outcome === b.outcome && a.reason === b.reason;
}

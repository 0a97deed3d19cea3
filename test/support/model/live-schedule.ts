import { deleteOldFiles } from "../../../src/domain/ledger/delete-old-files.ts";
import { sweepStorage } from "../../../src/domain/retention/sweep-storage.ts";
import { MAX_CLOCK_SKEW_MS } from "../../../src/domain/values/age.ts";
import { disturbAlong, heal } from "./disturb.ts";
import {
  type Lived,
  lostFiles,
  strayFiles,
  unpublishedRows,
  type Violation,
  violations,
} from "./invariants.ts";
import {
  defineAll,
  firstIntent,
  type Intent,
  PARTNERS,
  RETENTION_DAYS,
} from "./model-definitions.ts";
import { type Partner, startLife } from "./model-life.ts";
import { type ModelWorld, modelWorld, type Sabotage } from "./model-world.ts";
import type { Schedule } from "./schedules.ts";
import { virtualTimers } from "./virtual-timers.ts";

/** For so long rows come and disturbances begin. Each disturbance ends before the world heals. */
const ACTIVE_MS = 2.5 * 60_000;
/** A disturbance that no work met by then is dropped. */
const LATEST_MS = 8 * 60_000;
/** Everything must be as it should so long after the world has healed. */
const WELL_MS = 2 * 60_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * 60_000;

/** @returns everything that is not as promised, from the first tick until long after the world has healed */
export async function liveSchedule(
  schedule: Schedule,
  sabotage?: Sabotage,
): Promise<readonly Violation[]> {
  // a life takes no turn of the event loop, and the test's surroundings need some
  await new Promise(setImmediate);
  const world = modelWorld(schedule.seed, sabotage);
  const restoreTimers = virtualTimers(world.sim);
  try {
    const lived = await liveIn(world, schedule);
    const soon = await violations(lived);
    const rows = await missingRows(lived);
    const early = await afterDays(lived, 10, lostFiles);
    // nothing writes any more: where there are none, none can come
    const isClean = (await strayFiles(lived)).length === 0;
    const stray = isClean ? [] : await afterDays(lived, RETENTION_DAYS + 10, strayFiles);
    return [...soon, ...rows, ...early, ...stray];
  } finally {
    restoreTimers();
  }
}

/**
 * An export that is due every two minutes may have the last rows one turn later. So may one whose run was left behind:
 * the second tick has another attempt end it, and the third claims what came due meanwhile.
 */
async function missingRows(lived: Lived): Promise<readonly Violation[]> {
  const minutes = [...lived.intent.exports.values()].map(({ facts }) => facts.minutes);
  minutes.push(lived.hasLeftRun ? 2 : 1);
  const { sim } = lived.world;
  await sim.runUntil(sim.nowMs + (Math.max(...minutes) - 1) * MINUTE_MS);
  return unpublishedRows(lived);
}

/** Lives a schedule until it should be well. */
export async function live(schedule: Schedule, sabotage: Sabotage | undefined): Promise<Lived> {
  const world = modelWorld(schedule.seed, sabotage);
  const restoreTimers = virtualTimers(world.sim);
  try {
    return await liveIn(world, schedule);
  } finally {
    restoreTimers();
  }
}

async function liveIn(world: ModelWorld, schedule: Schedule): Promise<Lived> {
  const intent = firstIntent();
  await defineAll(world.observer, intent, schedule.reserved);
  const partners = PARTNERS.map(
    (partner): Partner => ({ ...partner, acknowledged: new Set(), again: [] }),
  );
  const life = startLife(world, partners);
  const disturbances = disturbAlong(life, intent, schedule);
  const { sim } = world;
  const startMs = sim.nowMs;
  let untilMs = startMs + ACTIVE_MS;
  while (sim.nowMs < untilMs) {
    await sim.runUntil(Math.min(untilMs, sim.nowMs + 20_000));
    untilMs = Math.max(untilMs, disturbances.endsAtMs() + 1_000);
    untilMs += disturbances.areLeft() && untilMs < startMs + LATEST_MS ? 20_000 : 0;
  }
  disturbances.stop();
  heal(life, intent);
  // one more row is to come through, so that a schedule which stands still is seen
  life.rowsUntilMs = sim.nowMs + 20_000;
  await sim.runUntil(life.rowsUntilMs);
  const healedMs = sim.nowMs;
  const hasLeftRun = await isRunLeft(world, intent);
  await sim.runUntil(healedMs + WELL_MS + believedMs(schedule));
  return { world, intent, partners, healedMs, hasLeftRun };
}

/** No run takes as long as the world has been well by now: whoever is noted to be at one has left it. */
async function isRunLeft({ observer }: ModelWorld, { exports }: Intent): Promise<boolean> {
  for (const id of exports.keys()) {
    const { active } = await observer.runs.current(id);
    if (active.some(({ state }) => state === "running")) {
      return true;
    }
  }
  return false;
}

/** By how much a clock was ahead that was believed all the same: it may hold things up for as long. */
function believedMs({ disturbances }: Schedule): number {
  const ahead = disturbances.map((each) => (each.kind === "jump" ? each.byMs : 0));
  return Math.max(0, ...ahead.filter((byMs) => byMs <= MAX_CLOCK_SKEW_MS));
}

/** Lets days pass in which the app only cleans up. */
async function afterDays(
  lived: Lived,
  days: number,
  look: (lived: Lived) => Promise<readonly Violation[]>,
): Promise<readonly Violation[]> {
  const { sim, caretaker } = lived.world;
  sim.leap(sim.nowMs + days * DAY_MS);
  await Promise.allSettled([
    deleteOldFiles(caretaker),
    sweepStorage(caretaker, new AbortController().signal),
  ]);
  return look(lived);
}

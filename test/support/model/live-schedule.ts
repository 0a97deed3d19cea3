import { deleteOldFiles } from "../../../src/domain/publishing/delete-old-files.ts";
import { sweepStorage } from "../../../src/domain/retention/sweep-storage.ts";
import { disturbAlong, heal } from "./disturb.ts";
import { type Lived, lostFiles, strayFiles, type Violation, violations } from "./invariants.ts";
import { defineAll, firstIntent, PARTNERS, RETENTION_DAYS } from "./model-definitions.ts";
import { type Partner, startLife } from "./model-life.ts";
import { type ModelWorld, modelWorld, type Sabotage } from "./model-world.ts";
import type { Schedule } from "./schedules.ts";
import { virtualTimers } from "./virtual-timers.ts";

/** Rows come and disturbances begin for so long; what goes on then has ended before the world heals. */
const ACTIVE_MS = 2.5 * 60_000;
/** A disturbance that no work met by then is dropped. */
const LATEST_MS = 8 * 60_000;
/** Everything must be as it should so long after the world has healed. */
const HEALED_MS = 2 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

/** What is late by then is lost. */
const LOST_MS = 6 * 60_000;

export interface Lives {
  /** Not as it should be, and not to become so by itself. */
  readonly broken: readonly Violation[];
  /** What was not well after two minutes, but was later. */
  readonly late: readonly Violation[];
}

/** Lives a schedule from the first tick until long after it has healed. */
export async function liveSchedule(schedule: Schedule, sabotage?: Sabotage): Promise<Lives> {
  const world = modelWorld(schedule.seed, sabotage);
  const restoreTimers = virtualTimers(world.sim);
  try {
    const lived = await liveIn(world, schedule);
    const found = await violations(lived);
    if (found.length > 0) {
      await world.sim.runUntil(lived.healedMs + LOST_MS);
    }
    const lost = found.length === 0 ? [] : await violations(lived);
    const early = await afterDays(lived, 10, lostFiles);
    const stray = await afterDays(lived, RETENTION_DAYS + 10, strayFiles);
    const broken = [...lost, ...early, ...stray];
    return { broken, late: broken.length === 0 ? found : [] };
  } finally {
    restoreTimers();
  }
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
  await sim.runUntil(healedMs + HEALED_MS);
  return { world, intent, partners, healedMs };
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

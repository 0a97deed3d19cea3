import type { Simulation } from "./simulation.ts";

/**
 * Lets timers of the app, such as heartbeats, go by the simulation's time.
 *
 * @returns a function that restores the real ones
 */
export function virtualTimers(sim: Simulation): () => void {
  const { setTimeout, clearTimeout } = globalThis;
  const cancels = new Map<unknown, () => void>();
  Object.assign(globalThis, {
    setTimeout: (act: () => void, ms = 0) => {
      const timer = { unref: () => timer, ref: () => timer };
      cancels.set(timer, sim.at(sim.nowMs + ms, act));
      return timer;
    },
    clearTimeout: (timer: unknown) => {
      cancels.get(timer)?.();
      cancels.delete(timer);
    },
  });
  return () => void Object.assign(globalThis, { setTimeout, clearTimeout });
}

import type { Clock } from "../../src/domain/ports.ts";

export interface ManualClock extends Clock {
  set(instant: string | Date): void;
  advance(ms: number): void;
}

/** A clock that stands still until it is told. */
export function manualClock(start: string): ManualClock {
  let now = new Date(start);
  return {
    now: () => now,
    set: (instant) => {
      now = new Date(instant);
    },
    advance: (ms) => {
      now = new Date(now.getTime() + ms);
    },
  };
}

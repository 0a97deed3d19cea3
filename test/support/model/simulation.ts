import { nextTick } from "node:process";
import type { Call } from "../memory-table.ts";

/** Fate of one call of a remote service. */
export type Fate =
  | "as-asked"
  /** It happens; the SDK sees no answer, asks again, and meets its own effect. */
  | "asked-twice"
  /** It happens; the caller is told that it failed. */
  | "answer-lost"
  /** Nothing happens; the caller is told that it failed. */
  | "failed";

export type Service = "storage" | "bus" | "source";

/** One process of the app. A dead process never continues. A frozen one continues later, without having noticed. */
export interface Process {
  readonly name: string;
  isAlive: boolean;
  frozenUntilMs: number;
  /** How far its clock is ahead of the true time. */
  skewMs: number;
  /** Its next call takes so long. */
  slowMs: number;
  /** Fate of its next call. */
  fate: Fate;
}

/** Thrown to the caller of a service that cannot be reached. */
export class Unreachable extends Error {}

/** An SDK's own repetitions take so long before a call fails. */
const PATIENCE_MS = 5_000;

interface Parked {
  readonly process: Process;
  readonly service: Service;
  readonly parkedAtMs: number;
  atMs: number;
  go(fate: Fate): void;
}

interface Timed {
  readonly atMs: number;
  readonly act: () => void;
}

/**
 * Virtual time in which processes take turns. Each call of a service is a point at which everybody else may go on
 * first; between two points a process runs alone. The next to go is always the one whose time comes first, and how long
 * a call takes is drawn: so one seed is one order of events.
 */
export interface Simulation {
  readonly nowMs: number;
  /** Points passed. */
  readonly points: number;
  /** Draws a number from 0 to below `limit`. */
  draw(limit: number): number;
  /** @returns a function that cancels it */
  at(atMs: number, act: () => void): () => void;
  /** How a process calls a service. */
  callOf(process: Process, service: Service): Call;
  cut(service: Service, untilMs: number): void;
  isCut(service: Service): boolean;
  /** Lets every call that is under way go on now. */
  wake(): void;
  /** Ends all work and everything that is to come, and lets time go on to then. */
  leap(atMs: number): void;
  /** Called after each point and each timed act. */
  onStep(step: () => void): void;
  runUntil(atMs: number): Promise<void>;
}

export function simulation(startMs: number, seed: number): Simulation {
  const state: State = {
    nowMs: startMs,
    points: 0,
    parked: [],
    timed: [],
    cutUntilMs: { storage: 0, bus: 0, source: 0 },
    steps: [],
    draw: drawFrom(seed),
  };
  return {
    get nowMs() {
      return state.nowMs;
    },
    get points() {
      return state.points;
    },
    draw: state.draw,
    at: (atMs, act) => {
      const timed: Timed = { atMs: Math.max(atMs, state.nowMs), act };
      state.timed.push(timed);
      return () => {
        const place = state.timed.indexOf(timed);
        if (place >= 0) {
          state.timed.splice(place, 1);
        }
      };
    },
    callOf: (process, service) => async (_, effect) => {
      const fate = await park(state, process, service);
      return outcomeOf(fate, service, effect);
    },
    cut: (service, untilMs) => {
      state.cutUntilMs[service] = untilMs;
    },
    isCut: (service) => isCut(state, service),
    wake: () => {
      for (const point of state.parked) {
        point.atMs = Math.min(point.atMs, state.nowMs + state.draw(50));
      }
    },
    leap: (atMs) => {
      state.parked.splice(0);
      state.timed.splice(0);
      state.nowMs = atMs;
    },
    onStep: (step) => void state.steps.push(step),
    runUntil: (atMs) => runUntil(state, atMs),
  };
}

interface State {
  nowMs: number;
  points: number;
  parked: Parked[];
  timed: Timed[];
  readonly cutUntilMs: Record<Service, number>;
  readonly steps: (() => void)[];
  readonly draw: (limit: number) => number;
}

function isCut(state: State, service: Service): boolean {
  return state.cutUntilMs[service] > state.nowMs;
}

function park(state: State, process: Process, service: Service): Promise<Fate> {
  return new Promise((resolve) => {
    const takesMs = process.slowMs + 2 + state.draw(30);
    process.slowMs = 0;
    state.parked.push({
      process,
      service,
      parkedAtMs: state.nowMs,
      atMs: state.nowMs + takesMs,
      go: resolve,
    });
  });
}

function outcomeOf<Answer>(fate: Fate, service: Service, effect: () => Answer): Answer {
  if (fate === "failed") {
    throw new Unreachable(`${service} cannot be reached`);
  }
  if (fate === "asked-twice") {
    attempt(effect);
  }
  const answer = effect();
  if (fate === "answer-lost") {
    throw new Unreachable(`${service} did not answer`);
  }
  return answer;
}

function attempt(effect: () => unknown): void {
  try {
    effect();
  } catch {
    // the SDK never saw this answer
  }
}

function runUntil(state: State, endMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const goOn = () => {
      try {
        if (isAtEnd(state, endMs)) {
          resolve();
        } else {
          nextTick(turn);
        }
      } catch (error) {
        reject(error);
      }
    };
    // everything that goes on by itself has come to its next point by a next tick: it goes by promises alone. The step is
    // a promise too, because a tick that a tick asks for comes before the promises
    const turn = () => void AT_ONCE.then(goOn);
    nextTick(turn);
  });
}

const AT_ONCE = Promise.resolve();

/** Takes the next step, unless it comes after the end. */
function isAtEnd(state: State, endMs: number): boolean {
  const [point, timed] = [first(state.parked), first(state.timed)];
  const isPoint = point !== null && (timed === null || point.atMs < timed.atMs);
  const next = isPoint ? point : timed;
  if (next === null || next.atMs > endMs) {
    state.nowMs = endMs;
    return true;
  }
  state.nowMs = Math.max(state.nowMs, next.atMs);
  if (isPoint) {
    pass(state, point);
  } else if (timed !== null) {
    state.timed.splice(state.timed.indexOf(timed), 1);
    timed.act();
  }
  for (const step of state.steps) {
    step();
  }
  return false;
}

function first<Item extends { readonly atMs: number }>(items: readonly Item[]): Item | null {
  let found: Item | null = null;
  for (const item of items) {
    found = found === null || item.atMs < found.atMs ? item : found;
  }
  return found;
}

function pass(state: State, point: Parked): void {
  const { process, service } = point;
  if (process.isAlive && process.frozenUntilMs > state.nowMs) {
    point.atMs = process.frozenUntilMs;
    return;
  }
  const isOut = process.isAlive && isCut(state, service);
  if (isOut && state.nowMs - point.parkedAtMs < PATIENCE_MS) {
    point.atMs = point.parkedAtMs + PATIENCE_MS;
    return;
  }
  state.parked.splice(state.parked.indexOf(point), 1);
  if (!process.isAlive) {
    return;
  }
  state.points++;
  const { fate } = process;
  process.fate = "as-asked";
  point.go(isOut ? "failed" : fate);
}

/** mulberry32: small, quick, and the same everywhere. */
function drawFrom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

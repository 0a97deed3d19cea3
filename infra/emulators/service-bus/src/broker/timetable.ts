import type { Clock } from "../clock.ts";
import { createHeap, type Heap, heapFirst, heapPop, heapPush, heapRetain } from "./heap.ts";

/** Many future moments on one timer of the clock: ten thousand locks need only one timer. */
export interface Timetable {
  readonly clock: Clock;
  readonly entries: Heap<Entry>;
  cancelled: number;
  /** The time that the clock is set for; null when nothing is due. */
  armedForMs: number | null;
  disarm: () => void;
}

interface Entry {
  readonly atMs: number;
  /** Null once cancelled or done. */
  run: (() => void) | null;
}

/** With fewer cancelled entries, tidying up is not worth the time. */
const MIN_CANCELLED_TO_TIDY = 1024;

export function createTimetable(clock: Clock): Timetable {
  return {
    clock,
    entries: createHeap((left, right) => left.atMs < right.atMs),
    cancelled: 0,
    armedForMs: null,
    disarm: () => undefined,
  };
}

/** Runs at that time, or soon if it is past. @returns a function that cancels it; a late call does nothing */
export function runAt(timetable: Timetable, atMs: number, run: () => void): () => void {
  const entry: Entry = { atMs, run };
  heapPush(timetable.entries, entry);
  arm(timetable);
  return () => {
    if (entry.run !== null) {
      entry.run = null;
      timetable.cancelled += 1;
      tidy(timetable);
    }
  };
}

/** Forgets everything. */
export function clearTimetable(timetable: Timetable): void {
  timetable.disarm();
  timetable.armedForMs = null;
  timetable.entries.items.length = 0;
  timetable.cancelled = 0;
}

function arm(timetable: Timetable): void {
  const first = heapFirst(timetable.entries);
  if (first === undefined || (timetable.armedForMs ?? Number.POSITIVE_INFINITY) <= first.atMs) {
    return;
  }
  timetable.disarm();
  timetable.armedForMs = first.atMs;
  timetable.disarm = timetable.clock.callAt(first.atMs, () => runDue(timetable));
}

function runDue(timetable: Timetable): void {
  timetable.armedForMs = null;
  const nowMs = timetable.clock.now();
  for (
    let first = heapFirst(timetable.entries);
    first !== undefined && (first.run === null || first.atMs <= nowMs);
    first = heapFirst(timetable.entries)
  ) {
    heapPop(timetable.entries);
    const { run } = first;
    first.run = null;
    if (run === null) {
      timetable.cancelled -= 1;
    } else {
      run();
    }
  }
  arm(timetable);
}

function tidy(timetable: Timetable): void {
  if (
    timetable.cancelled > MIN_CANCELLED_TO_TIDY &&
    timetable.cancelled > timetable.entries.items.length / 2
  ) {
    heapRetain(timetable.entries, (entry) => entry.run !== null);
    timetable.cancelled = 0;
  }
}

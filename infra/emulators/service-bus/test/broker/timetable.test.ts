import { expect, test, vi } from "vitest";
import { clearTimetable, createTimetable, runAt } from "../../src/broker/timetable.ts";
import { manualClock } from "../../src/clock.ts";

test("runAt runs in order on one timer of the clock", () => {
  const clock = manualClock(0);
  const callAt = vi.spyOn(clock, "callAt");
  const timetable = createTimetable(clock);
  const ran: number[] = [];
  for (const atMs of [10, 30, 20]) {
    runAt(timetable, atMs, () => ran.push(atMs));
  }

  expect(callAt).toHaveBeenCalledOnce();
  clock.advance(25);
  expect(ran).toEqual([10, 20]);
  clock.advance(5);
  expect(ran).toEqual([10, 20, 30]);
});

test("runAt takes an earlier instant before the one it waits for", () => {
  const clock = manualClock(0);
  const timetable = createTimetable(clock);
  const ran: string[] = [];
  runAt(timetable, 100, () => ran.push("late"));
  runAt(timetable, 10, () => ran.push("early"));

  clock.advance(10);

  expect(ran).toEqual(["early"]);
});

test("runAt gives what cancels, and cancelling late does nothing", () => {
  const clock = manualClock(0);
  const timetable = createTimetable(clock);
  const ran: string[] = [];
  const cancelBefore = runAt(timetable, 10, () => ran.push("cancelled"));
  const cancelAfter = runAt(timetable, 10, () => ran.push("ran"));

  cancelBefore();
  clock.advance(10);
  cancelAfter();

  expect(ran).toEqual(["ran"]);
  expect(timetable.cancelled).toBe(0);
});

test("runAt does not keep what was cancelled for ever", () => {
  const timetable = createTimetable(manualClock(0));
  for (let each = 0; each < 10_000; each += 1) {
    runAt(timetable, 1000 + each, () => undefined)();
  }

  expect(timetable.entries.items.length).toBeLessThan(2500);
});

test("clearTimetable leaves nothing to run", () => {
  const clock = manualClock(0);
  const timetable = createTimetable(clock);
  const ran = vi.fn();
  runAt(timetable, 10, ran);

  clearTimetable(timetable);
  clock.advance(10);

  expect(ran).not.toHaveBeenCalled();
});

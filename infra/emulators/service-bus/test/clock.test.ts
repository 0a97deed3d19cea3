import { expect, test, vi } from "vitest";
import { manualClock, systemClock } from "../src/clock.ts";

test("manualClock calls back on the way, in the order of the instants, each seeing its own", () => {
  const clock = manualClock(0);
  const seen: [string, number][] = [];
  clock.callAt(20, () => seen.push(["late", clock.now()]));
  clock.callAt(10, () => {
    seen.push(["early", clock.now()]);
    clock.callAt(15, () => seen.push(["added on the way", clock.now()]));
  });

  clock.advance(30);

  expect(seen).toEqual([
    ["early", 10],
    ["added on the way", 15],
    ["late", 20],
  ]);
  expect(clock.now()).toBe(30);
});

test("manualClock does not call what was cancelled, nor what is not due", () => {
  const clock = manualClock(0);
  const called = vi.fn();
  const cancel = clock.callAt(10, called);
  clock.callAt(11, called);

  cancel();
  clock.advance(10);

  expect(called).not.toHaveBeenCalled();
});

test("systemClock waits for instants further away than a timer can count", () => {
  vi.useFakeTimers();
  const called = vi.fn();
  const farMs = 2 ** 31 + 5;
  systemClock.callAt(Date.now() + farMs, called);

  vi.advanceTimersByTime(farMs - 1);
  expect(called).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(called).toHaveBeenCalledOnce();

  vi.useRealTimers();
});

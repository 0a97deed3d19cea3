import { expect, test } from "vitest";
import { isDuplicate } from "../../src/broker/duplicates.ts";

const LENGTH_MS = 100;

test("isDuplicate knows an id until the window since its first sight has passed", () => {
  const history = new Map<string, number>();
  const seenAt = (nowMs: number) => isDuplicate(history, "a", { nowMs, lengthMs: LENGTH_MS });

  expect([0, 50, 99, 100, 150].map(seenAt)).toEqual([false, true, true, false, true]);
});

test("isDuplicate forgets ids whose window has passed", () => {
  const history = new Map<string, number>();
  for (let nowMs = 0; nowMs < 1000; nowMs += 1) {
    isDuplicate(history, `id ${nowMs}`, { nowMs, lengthMs: LENGTH_MS });
  }

  expect(history.size).toBe(LENGTH_MS);
});

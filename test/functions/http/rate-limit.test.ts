import { expect, test } from "vitest";
import { isAppError } from "../../../src/domain/errors.ts";
import { makeRateLimit } from "../../../src/functions/http/rate-limit.ts";
import { manualClock } from "../../support/manual-clock.ts";

const NOON = "2026-03-01T12:00:00Z";

/** How many of so many requests are let, and that the others are refused by name. */
function letOf(count: (id: string) => void, requests: number, id = "partner"): number {
  return Array.from({ length: requests }).filter(() => {
    try {
      count(id);
      return true;
    } catch (error) {
      expect(isAppError(error, "rate-exceeded")).toBe(true);
      return false;
    }
  }).length;
}

function limited(perSecond = 10, burst = 30) {
  const clock = manualClock(NOON);
  return { clock, count: makeRateLimit({ perSecond, burst }, clock) };
}

test("a burst is let, and what is beyond it refused", () => {
  const { count } = limited();

  expect(letOf(count, 100)).toBe(30);
});

test("so many requests a second are let lastingly, refused ones cost nothing", () => {
  const { clock, count } = limited();
  letOf(count, 100);

  const each = Array.from({ length: 5 }, () => {
    clock.advance(1_000);
    return letOf(count, 100);
  });

  expect(each).toEqual([10, 10, 10, 10, 10]);
});

test("parts of a second add up, however often somebody asks in between", () => {
  const { clock, count } = limited(2, 1);
  letOf(count, 1);

  const each = Array.from({ length: 10 }, () => {
    clock.advance(100);
    return letOf(count, 1);
  });

  expect(each).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
});

test("silence fills the bucket up to the burst and no further", () => {
  const { clock, count } = limited();
  letOf(count, 30);
  clock.advance(3_600_000);

  expect(letOf(count, 100)).toBe(30);
});

test("one application does not pay for another", () => {
  const { count } = limited();
  letOf(count, 100, "loud");

  expect(letOf(count, 30, "quiet")).toBe(30);
});

test("a clock that is set back neither fills nor locks", () => {
  const { clock, count } = limited();
  letOf(count, 30);
  clock.set("2026-03-01T11:00:00Z");

  expect(letOf(count, 1)).toBe(0);
  clock.advance(1_000);
  expect(letOf(count, 100)).toBe(10);
});

test("of more than 10,000 applications the one that was silent longest is forgotten", () => {
  const { count } = limited(1, 1);
  letOf(count, 1, "first");
  letOf(count, 1, "second");
  letOf(count, 1, "first");
  for (let index = 0; index < 9_999; index++) {
    letOf(count, 1, `other-${index}`);
  }

  expect(letOf(count, 1, "first")).toBe(0);
  expect(letOf(count, 1, "second")).toBe(1);
});

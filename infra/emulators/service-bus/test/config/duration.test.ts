import fc from "fast-check";
import { expect, test } from "vitest";
import { FOREVER_MS, formatDuration, parseDuration } from "../../src/config/duration.ts";

test.each([
  ["PT5S", 5000],
  ["PT0.25S", 250],
  ["PT1M30S", 90_000],
  ["P14D", 1_209_600_000],
  ["P1DT1H", 90_000_000],
  ["P1M", 2_592_000_000],
  ["PT1M", 60_000],
  ["P1Y", 31_536_000_000],
  ["PT0S", 0],
  ["P10675199DT2H48M5.4775807S", FOREVER_MS + 10_085_478],
  [`P${"9".repeat(400)}D`, Number.POSITIVE_INFINITY],
])("parseDuration reads %s", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "P", "PT", "P1DT", "1H", "PT1", "-PT1S", "P1W", "PT1S ", "PT1.S", "pt1s", "PT1S1M"])(
  "parseDuration refuses %j",
  (text) => {
    expect(parseDuration(text)).toBeNull();
  },
);

test.each([
  [0, "PT0S"],
  [1, "PT0.001S"],
  [60_000, "PT1M"],
  [5_400_000, "PT1H30M"],
  [1_209_600_000, "P14D"],
  [86_401_500, "P1DT1.5S"],
  [null, "P10675199DT2H48M5.4775807S"],
])("formatDuration writes %s ms as %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("parseDuration reads back what formatDuration writes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: FOREVER_MS - 1 }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});

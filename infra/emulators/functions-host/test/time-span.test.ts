import { expect, test } from "vitest";
import { parseTimeSpanMs } from "../src/time-span.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

test.each([
  ["00:00:10", 10_000],
  ["01:30:00", 1.5 * HOUR_MS],
  ["00:00:00.80", 800],
  ["1.02:00:00", DAY_MS + 2 * HOUR_MS],
  ["1:02:00:00", DAY_MS + 2 * HOUR_MS],
  ["01:30", 1.5 * HOUR_MS],
  ["5", 5 * DAY_MS],
  ["24:00:00", 24 * DAY_MS],
  ["25:01:00", 25 * DAY_MS + HOUR_MS],
  ["-00:00:01", -1000],
])("parseTimeSpanMs reads %s as .NET does", (text, expected) => {
  expect(parseTimeSpanMs(text)).toBe(expected);
});

test.each(["", "abc", "00:60:00", "00:00:60", "24:00", "24:24:00", "1:2:3:4:5", "5 minutes"])(
  "parseTimeSpanMs refuses %j",
  (text) => {
    expect(parseTimeSpanMs(text)).toBeNull();
  },
);

import { expect, test } from "vitest";
import { parseSchedule } from "../../src/timer/schedule.ts";

const now = new Date("2026-01-01T00:00:00.500Z");

test.each([
  ["*/30 * * * * *", true],
  ["0 * * * * *", false],
  ["*/1 * * * *", false],
  ["0,30 * 3 * * *", false],
  ["00:00:59", true],
  ["00:01:00", false],
])("isSubMinute of %s is %s", (text, expected) => {
  expect(parseSchedule(text).isSubMinute(now)).toBe(expected);
});

test("isSubMinute looks at the coming minute only, as the platform does", () => {
  const schedule = parseSchedule("0,30 * 3 * * *");

  expect(schedule.isSubMinute(new Date("2026-01-01T03:00:00.500Z"))).toBe(true);
});

test("a TimeSpan means every, counted from the instant itself, and warns about its plan", () => {
  const schedule = parseSchedule("00:05:00");

  expect(schedule.nextAfter(new Date("2026-01-01T00:00:07.250Z"))).toEqual(
    new Date("2026-01-01T00:05:07.250Z"),
  );
  expect(schedule.warnings[0]).toContain("App Service plan only");
});

test.each(["", "00:00:00", "-00:05:00", "every minute"])("parseSchedule refuses %j", (text) => {
  expect(() => parseSchedule(text)).toThrow(`schedule "${text}"`);
});

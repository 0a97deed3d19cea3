import fc from "fast-check";
import { expect, test } from "vitest";
import { parseNcrontab } from "../../src/timer/ncrontab.ts";

const next = (text: string, after: string) =>
  parseNcrontab(text).nextAfter(new Date(after))?.toISOString() ?? null;

test.each([
  // every second
  ["* * * * * *", "2026-01-01T00:00:00.500Z", "2026-01-01T00:00:01.000Z"],
  // every ten seconds
  ["*/10 * * * * *", "2026-01-01T00:00:50Z", "2026-01-01T00:01:00.000Z"],
  // strictly after
  ["0 * * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00.000Z"],
  // five fields mean second 0
  ["30 4 * * *", "2026-01-01T04:30:00Z", "2026-01-02T04:30:00.000Z"],
  // step from a value
  ["0 5/20 * * * *", "2026-01-01T00:06:00Z", "2026-01-01T00:25:00.000Z"],
  // range with step
  ["0 0 8-18/4 * * *", "2026-01-01T12:30:00Z", "2026-01-01T16:00:00.000Z"],
  // list
  ["0 0 6,18 * * *", "2026-01-01T06:00:00Z", "2026-01-01T18:00:00.000Z"],
  // names
  ["0 0 0 * Feb Mon", "2026-01-01T00:00:00Z", "2026-02-02T00:00:00.000Z"],
  // name prefixes in any case
  ["0 0 0 * jun sUN", "2026-01-01T00:00:00Z", "2026-06-07T00:00:00.000Z"],
  // month end
  ["0 0 0 31 * *", "2026-01-31T00:00:00Z", "2026-03-31T00:00:00.000Z"],
  // leap day
  ["0 0 12 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T12:00:00.000Z"],
  // no leap day in 2100
  ["0 0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00.000Z"],
  // leap day on a Monday
  ["0 0 0 29 2 1", "2024-03-01T00:00:00Z", "2044-02-29T00:00:00.000Z"],
  // day AND day-of-week
  ["0 0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-02-13T00:00:00.000Z"],
  // new year
  ["59 59 23 31 12 *", "2026-12-31T23:59:59Z", "2027-12-31T23:59:59.000Z"],
  // the hour Europe skips
  ["0 30 2 29 3 *", "2026-03-29T00:00:00Z", "2026-03-29T02:30:00.000Z"],
  // the hour Europe repeats
  ["0 30 * 25 10 *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00.000Z"],
  // a step of 0 counts as 1
  ["*/0 * * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01.000Z"],
])("parseNcrontab(%s) after %s comes at %s", (text, after, expected) => {
  expect(next(text, after)).toBe(expected);
});

test("nextAfter is null for a date that never comes", () => {
  expect(next("0 0 0 30 2 *", "2026-01-01T00:00:00Z")).toBeNull();
});

test("a range written backwards is swapped, and said so", () => {
  expect(parseNcrontab("0 0 0 * * FRI-MON").swappedRanges).toEqual(["FRI-MON"]);
  expect(next("0 0 0 * * FRI-MON", "2026-01-03T00:00:00Z")).toBe("2026-01-05T00:00:00.000Z");
});

test.each([
  ["* * * *", "4 fields"],
  ["* * * * * * *", "7 fields"],
  ["60 * * * * *", "second 60"],
  ["0 61 * * * *", "minute 61"],
  ["0 0 24 * * *", "hour 24"],
  ["0 0 0 0 * *", "day 0"],
  ["0 0 0 * 13 *", "month 13"],
  ["0 0 0 * * 7", "day-of-week 7"],
  ["0 0 0 ? * *", 'day "?"'],
  ["0 0 0 L * *", 'day "L"'],
  ["0 0 0 15W * *", 'day "15W"'],
  ["0 0 0 * * MON#2", 'day-of-week "MON#2"'],
  ["0 */x * * * *", 'minute "*/x"'],
  ["0 1,,2 * * * *", 'minute ""'],
  ["0 1-2-3 * * * *", 'minute "1-2-3"'],
  ["0 0 0 * * Funday", 'day-of-week "Funday"'],
])("parseNcrontab refuses %s", (text, reason) => {
  expect(() => parseNcrontab(text)).toThrow(reason);
});

test("nextAfter is later, on a whole second, and has nothing due in between", () => {
  const field = (max: number) =>
    fc.oneof(
      fc.constant("*"),
      fc.nat(max).map(String),
      fc.nat(max).map((n) => `*/${n + 1}`),
    );
  fc.assert(
    fc.property(
      fc.tuple(field(59), field(59), field(23)),
      fc.date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }),
      ([second, minute, hour], after) => {
        const cron = parseNcrontab(`${second} ${minute} ${hour} * * *`);
        const due = cron.nextAfter(after) as Date;
        expect(due.getTime()).toBeGreaterThan(after.getTime());
        expect(due.getMilliseconds()).toBe(0);
        const between = new Date((after.getTime() + due.getTime()) / 2);
        expect(cron.nextAfter(between)).toEqual(due);
      },
    ),
  );
});

import { expect, test } from "vitest";
import { parseSchedule } from "../../src/timer/schedule.ts";
import { statusAtStart, statusFromJson, statusToJson } from "../../src/timer/schedule-status.ts";

const at = (time: string) => new Date(`2026-01-01T${time}Z`);
const hourly = parseSchedule("0 0 * * * *");

test("without a status the next occurrence is remembered and nothing is past due", () => {
  expect(statusAtStart(hourly, null, at("10:20:00"))).toEqual({
    status: { last: null, next: at("11:00:00"), lastUpdated: at("10:20:00") },
    isPastDue: false,
    mustSave: true,
  });
});

test.each([
  ["10:59:59", false],
  ["11:00:00", false],
  ["11:00:01", true],
  ["18:30:00", true],
])("a start at %s after a run at 10:00 is past due: %s", (now, isPastDue) => {
  const stored = { last: at("10:00:00"), next: at("11:00:00"), lastUpdated: at("10:00:00") };

  expect(statusAtStart(hourly, stored, at(now))).toEqual({
    status: stored,
    isPastDue,
    mustSave: false,
  });
});

test("a schedule changed meanwhile is computed anew and is not past due", () => {
  const stored = { last: at("10:30:00"), next: at("11:30:00"), lastUpdated: at("10:30:00") };

  expect(statusAtStart(hourly, stored, at("12:10:00"))).toEqual({
    status: { last: null, next: at("13:00:00"), lastUpdated: at("12:10:00") },
    isPastDue: false,
    mustSave: true,
  });
});

test("a changed schedule whose next date is still to come keeps the date", () => {
  const stored = { last: at("10:30:00"), next: at("11:30:00"), lastUpdated: at("10:30:00") };

  expect(statusAtStart(hourly, stored, at("10:40:00"))?.status.next).toEqual(at("11:00:00"));
});

test("a schedule without a date left has no status", () => {
  expect(statusAtStart(parseSchedule("0 0 0 31 2 *"), null, at("00:00:00"))).toBeNull();
});

test("statuses go through JSON as the platform writes them", () => {
  const status = { last: null, next: at("11:00:00"), lastUpdated: at("10:20:00.125") };

  expect(statusToJson(status)).toEqual({
    Last: "0001-01-01T00:00:00+00:00",
    Next: "2026-01-01T11:00:00+00:00",
    LastUpdated: "2026-01-01T10:20:00.125+00:00",
  });
  expect(statusFromJson(JSON.stringify(statusToJson(status)))).toEqual(status);
});

test.each(["", "{", "null", '{"Next":"soon"}'])("statusFromJson(%j) is not a status", (text) => {
  expect(statusFromJson(text)).toBeNull();
});

import { expect, test } from "vitest";
import { nextDue } from "../../../src/domain/exports/schedule.ts";
import { Schedule } from "../../../src/domain/exports/schedule-definition.ts";

/** As many due times after `from` as the test expects. */
function duesOf(input: object, from: string, count: number): string[] {
  const schedule = Schedule.parse(input);
  const dues: string[] = [];
  let due = nextDue(schedule, new Date(from));
  while (due !== null && dues.length < count) {
    dues.push(due.toISOString().replace(":00.000Z", "Z"));
    due = nextDue(schedule, due);
  }
  return dues;
}

const COPENHAGEN = "Europe/Copenhagen";
const NEW_YORK = "America/New_York";
/** Summer time shifts the clock by half an hour: 02:00 becomes 02:30 on 4 October, 02:00 becomes 01:30 on 5 April. */
const LORD_HOWE = "Australia/Lord_Howe";

test.each([
  // one time a day: the end of the gap, the first pass
  [
    { timeZone: COPENHAGEN, cron: "30 2 * * *" },
    "2026-03-28T12:00Z",
    ["2026-03-29T01:00Z", "2026-03-30T00:30Z"],
  ],
  [
    { timeZone: COPENHAGEN, cron: "30 2 * * *" },
    "2026-10-24T12:00Z",
    ["2026-10-25T00:30Z", "2026-10-26T01:30Z"],
  ],
  [
    { timeZone: COPENHAGEN, cron: "30 2,14 * * *" },
    "2026-03-28T22:00Z",
    ["2026-03-29T01:00Z", "2026-03-29T12:30Z"],
  ],
  [
    { timeZone: COPENHAGEN, cron: "30 2,14 * * *" },
    "2026-10-24T22:00Z",
    ["2026-10-25T00:30Z", "2026-10-25T13:30Z"],
  ],
  // two times that meet at the end of the gap are one
  [
    { timeZone: COPENHAGEN, cron: "0 2,3 * * *" },
    "2026-03-28T22:00Z",
    ["2026-03-29T01:00Z", "2026-03-30T00:00Z"],
  ],
  // stars and steps follow the clock: nothing in the gap, both passes
  [
    { timeZone: COPENHAGEN, cron: "*/30 * * * *" },
    "2026-03-29T00:00Z",
    ["2026-03-29T00:30Z", "2026-03-29T01:00Z", "2026-03-29T01:30Z"],
  ],
  [
    { timeZone: COPENHAGEN, cron: "30 * * * *" },
    "2026-10-25T00:00Z",
    ["2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T02:30Z"],
  ],
  [
    { timeZone: COPENHAGEN, cron: "30 */2 * * *" },
    "2026-03-28T22:00Z",
    ["2026-03-28T23:30Z", "2026-03-29T02:30Z", "2026-03-29T04:30Z"],
  ],
  [
    { timeZone: NEW_YORK, cron: "30 2 * * *" },
    "2026-03-07T12:00Z",
    ["2026-03-08T07:00Z", "2026-03-09T06:30Z"],
  ],
  [
    { timeZone: NEW_YORK, cron: "30 1 * * *" },
    "2026-10-31T12:00Z",
    ["2026-11-01T05:30Z", "2026-11-02T06:30Z"],
  ],
  [
    { timeZone: NEW_YORK, cron: "30 * * * *" },
    "2026-11-01T05:00Z",
    ["2026-11-01T05:30Z", "2026-11-01T06:30Z", "2026-11-01T07:30Z"],
  ],
  [
    { timeZone: LORD_HOWE, cron: "15 2 * * *" },
    "2026-10-03T00:00Z",
    ["2026-10-03T15:30Z", "2026-10-04T15:15Z"],
  ],
  [
    { timeZone: LORD_HOWE, cron: "45 1 * * *" },
    "2026-04-04T00:00Z",
    ["2026-04-04T14:45Z", "2026-04-05T15:15Z"],
  ],
  [
    { timeZone: LORD_HOWE, cron: "*/15 * * * *" },
    "2026-04-04T14:40Z",
    ["2026-04-04T14:45Z", "2026-04-04T15:00Z", "2026-04-04T15:15Z", "2026-04-04T15:30Z"],
  ],
  [
    { timeZone: LORD_HOWE, cron: "*/20 * * * *" },
    "2026-10-03T15:00Z",
    ["2026-10-03T15:10Z", "2026-10-03T15:40Z", "2026-10-03T16:00Z"],
  ],
  [
    { timeZone: "Asia/Kolkata", cron: "0 6 * * *" },
    "2026-03-28T12:00Z",
    ["2026-03-29T00:30Z", "2026-03-30T00:30Z"],
  ],
  [
    { timeZone: "UTC", cron: "30 2 * * *" },
    "2026-03-28T12:00Z",
    ["2026-03-29T02:30Z", "2026-03-30T02:30Z"],
  ],
  // calendar
  [
    { timeZone: "UTC", cron: "0 0 29 2 *" },
    "2026-01-01T00:00Z",
    ["2028-02-29T00:00Z", "2032-02-29T00:00Z"],
  ],
  [{ timeZone: "UTC", cron: "0 0 29 2 *" }, "2096-03-01T00:00Z", ["2104-02-29T00:00Z"]],
  [
    { timeZone: "UTC", cron: "0 0 1 1 *" },
    "2026-01-01T00:00Z",
    ["2027-01-01T00:00Z", "2028-01-01T00:00Z"],
  ],
  [
    { timeZone: "UTC", cron: "0 0 L * *" },
    "2028-01-15T00:00Z",
    ["2028-01-31T00:00Z", "2028-02-29T00:00Z", "2028-03-31T00:00Z"],
  ],
  [
    { timeZone: "UTC", cron: "0 0 * * MON#1" },
    "2026-01-06T00:00Z",
    ["2026-02-02T00:00Z", "2026-03-02T00:00Z"],
  ],
  [
    { timeZone: "UTC", cron: "30 15 10 * * FRI" },
    "2026-01-01T00:00Z",
    ["2026-01-02T10:15:30.000Z"],
  ],
])("%j after %s is due at %j", (schedule, from, expected) => {
  expect(duesOf(schedule, from, expected.length)).toEqual(expected);
});

test.each([
  // elapsed time takes no notice of the clock
  [
    { timeZone: COPENHAGEN, every: { hours: 6 } },
    "2026-03-28T17:00:00Z",
    ["2026-03-28T17:00Z", "2026-03-28T23:00Z", "2026-03-29T05:00Z"],
  ],
  [
    { timeZone: COPENHAGEN, every: { hours: 24 } },
    "2026-10-24T00:30:00Z",
    ["2026-10-24T00:30Z", "2026-10-25T00:30Z", "2026-10-26T00:30Z"],
  ],
  // days, weeks and months keep the wall-clock time
  [
    { timeZone: COPENHAGEN, every: { days: 1 } },
    "2026-03-27T17:00:00Z",
    ["2026-03-27T17:00Z", "2026-03-28T17:00Z", "2026-03-29T16:00Z"],
  ],
  [
    { timeZone: COPENHAGEN, every: { days: 1 } },
    "2026-03-28T01:30:00Z",
    ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"],
  ],
  [
    { timeZone: COPENHAGEN, every: { days: 1 } },
    "2026-10-24T00:30:00Z",
    ["2026-10-24T00:30Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"],
  ],
  // a start in the second pass of the doubled hour is the first slot all the same
  [
    { timeZone: COPENHAGEN, every: { days: 1 } },
    "2026-10-25T01:30:00Z",
    ["2026-10-25T01:30Z", "2026-10-26T01:30Z"],
  ],
  [
    { timeZone: NEW_YORK, every: { weeks: 2 } },
    "2026-02-22T07:30:00Z",
    ["2026-02-22T07:30Z", "2026-03-08T07:00Z", "2026-03-22T06:30Z"],
  ],
  [
    { timeZone: LORD_HOWE, every: { days: 1 } },
    "2026-10-02T15:45:00Z",
    ["2026-10-02T15:45Z", "2026-10-03T15:30Z", "2026-10-04T15:15Z"],
  ],
  [
    { timeZone: "Asia/Kolkata", every: { days: 7 } },
    "2026-03-25T00:30:00Z",
    ["2026-03-25T00:30Z", "2026-04-01T00:30Z"],
  ],
  // month ends are counted from the start, not from the month before
  [
    { timeZone: "UTC", every: { months: 1 } },
    "2027-12-31T06:00:00Z",
    ["2027-12-31T06:00Z", "2028-01-31T06:00Z", "2028-02-29T06:00Z", "2028-03-31T06:00Z"],
  ],
  [
    { timeZone: "UTC", every: { months: 1 } },
    "2026-01-31T06:00:00Z",
    ["2026-01-31T06:00Z", "2026-02-28T06:00Z", "2026-03-31T06:00Z", "2026-04-30T06:00Z"],
  ],
  [
    { timeZone: "UTC", every: { months: 12 } },
    "2028-02-29T06:00:00Z",
    ["2028-02-29T06:00Z", "2029-02-28T06:00Z", "2030-02-28T06:00Z"],
  ],
  [
    { timeZone: COPENHAGEN, every: { months: 3 } },
    "2026-01-31T23:30:00Z", // 1 February, 00:30
    ["2026-01-31T23:30Z", "2026-04-30T22:30Z", "2026-07-31T22:30Z", "2026-10-31T23:30Z"],
  ],
  // Samoa left out 30 December 2011
  [
    { timeZone: "Pacific/Apia", every: { days: 1 } },
    "2011-12-29T20:00:00Z", // 29 December, 10:00
    ["2011-12-29T20:00Z", "2011-12-30T10:00Z", "2011-12-30T20:00Z"],
  ],
  [
    { timeZone: "Pacific/Apia", every: { days: 1 } },
    "2011-12-29T10:00:00Z",
    ["2011-12-29T10:00Z", "2011-12-30T10:00Z"],
  ],
  // before 1970 on the local clock
  [
    { timeZone: NEW_YORK, every: { days: 1 } },
    "1970-01-01T02:00:00Z",
    ["1970-01-01T02:00Z", "1970-01-02T02:00Z"],
  ],
])("%j from %s is due at %j", (schedule, start, expected) => {
  expect(duesOf({ ...schedule, start }, "1960-01-01T00:00Z", expected.length)).toEqual(expected);
});

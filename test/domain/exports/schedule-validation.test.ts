import { expect, test } from "vitest";
import { z } from "zod";
import { Schedule } from "../../../src/domain/exports/schedule-definition.ts";

const EVERY_5_MINUTES = { every: { minutes: 5 } };

test.each([
  [{}, ["cron"], 'exactly one of "every" and "cron"'],
  [{ cron: "* * * * *", every: { hours: 1 } }, ["cron"], "exactly one"],
  [{ cron: "61 * * * *" }, ["cron"], 'cron "61 * * * *" has minute 61'],
  [{ every: { hours: 0 } }, ["every.hours"], "expected number to be >=1"],
  [{ every: { hours: 1, days: 1 } }, ["every"], "needs exactly one of seconds"],
  [{ ...EVERY_5_MINUTES, timeZone: "Mars/Phobos" }, ["timeZone"], 'time zone "Mars/Phobos"'],
  [{ ...EVERY_5_MINUTES, timeZone: "+02:00" }, ["timeZone"], 'time zone "+02:00"'],
  [{ ...EVERY_5_MINUTES, start: "2026-01-01" }, ["start"], '"2026-01-01" is not an instant'],
  [{ ...EVERY_5_MINUTES, start: "1969-12-31T23:59:59Z" }, ["start"], "between the years"],
  [
    { ...EVERY_5_MINUTES, start: "2026-01-01T00:00:00Z", end: "2026-01-01T01:00:00+01:00" },
    ["end"],
    'is not after "start"',
  ],
  [
    { ...EVERY_5_MINUTES, missedRuns: { limit: 3 } },
    ["missedRuns.limit"],
    'only allowed with the policy "all"',
  ],
  [{ ...EVERY_5_MINUTES, surprise: 1 }, [""], 'Unrecognized key: "surprise"'],
  [
    {
      ...EVERY_5_MINUTES,
      blackouts: [
        { kind: "weekly", days: ["monday"], from: "24:00", to: "25:00" },
        { kind: "dates", from: "2026-02-30T00:00", to: "2026-03-01T00:00:00Z" },
        { kind: "weekly", from: "10:00", to: "10:00" },
        { kind: "dates", from: "2026-02-02T00:00", to: "2026-02-01T00:00" },
      ],
    },
    [
      "blackouts[0].days[0]",
      "blackouts[0].from",
      "blackouts[0].to",
      "blackouts[1].from",
      "blackouts[1].to",
      "blackouts[2].to",
      "blackouts[3].to",
    ],
    '"2026-02-30T00:00" is not a local date and time',
  ],
])("a schedule is refused with the names of its fields: %j", (input, fields, message) => {
  const { issues = [] } = Schedule.safeParse(input).error ?? {};

  expect(issues.map(({ path }) => z.core.toDotPath(path))).toEqual(fields);
  expect(issues.map((issue) => issue.message).join("; ")).toContain(message);
});

test("a schedule has defaults", () => {
  expect(Schedule.parse({ cron: "0 6 * * *" })).toEqual({
    cron: "0 6 * * *",
    timeZone: "UTC",
    paused: false,
    blackouts: [],
    missedRuns: { policy: "once" },
    lateAfterSeconds: 60,
  });
});

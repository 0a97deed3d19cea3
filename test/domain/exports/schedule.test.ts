import { expect, test } from "vitest";
import { nextDue, planSlots } from "../../../src/domain/exports/schedule.ts";
import { Schedule } from "../../../src/domain/exports/schedule-definition.ts";

const at = (text: string) => new Date(text);
const EVERY_5_MINUTES = { every: { minutes: 5 } };

/** The plan in one line an entry, times of day only. */
function planned(input: object, lastClaimed: string, now: string): string[] {
  const plan = planSlots(Schedule.parse(input), { lastClaimed: at(lastClaimed), now: at(now) });
  return plan.map(({ dueAt, throughAt, count, outcome, reason }) => {
    const time = (instant: Date) => instant.toISOString().slice(11, 19);
    const span = count === 1 ? time(dueAt) : `${time(dueAt)}..${time(throughAt)} (${count})`;
    return [span, outcome, ...(reason === null ? [] : [reason])].join(" ");
  });
}

test("nextDue is strictly after, begins at start and ends before end", () => {
  const schedule = Schedule.parse({
    every: { hours: 6 },
    start: "2026-05-01T03:00:00Z",
    end: "2026-05-01T15:00:00Z",
  });

  expect(nextDue(schedule, at("2020-01-01T00:00:00Z"))).toEqual(at("2026-05-01T03:00:00Z"));
  expect(nextDue(schedule, at("2026-05-01T02:59:59.999Z"))).toEqual(at("2026-05-01T03:00:00Z"));
  expect(nextDue(schedule, at("2026-05-01T03:00:00Z"))).toEqual(at("2026-05-01T09:00:00Z"));
  expect(nextDue(schedule, at("2026-05-01T09:00:00Z"))).toBeNull();
});

test("nextDue of a cron expression with start and end keeps to whole seconds inside them", () => {
  const schedule = Schedule.parse({
    cron: "*/10 * * * * *",
    start: "2026-05-01T00:00:10.500Z",
    end: "2026-05-01T00:00:30Z",
  });

  expect(nextDue(schedule, at("2026-01-01T00:00:00Z"))).toEqual(at("2026-05-01T00:00:20Z"));
  expect(nextDue(schedule, at("2026-05-01T00:00:20Z"))).toBeNull();
});

test("an interval without start begins on the hour, at midnight, on Mondays, on the first", () => {
  const next = (input: object) =>
    nextDue(Schedule.parse(input), at("2026-05-06T10:17:00Z"))?.toISOString();

  expect(next({ every: { minutes: 15 } })).toBe("2026-05-06T10:30:00.000Z");
  expect(next({ every: { days: 1 }, timeZone: "Europe/Copenhagen" })).toBe(
    "2026-05-06T22:00:00.000Z",
  );
  expect(next({ every: { weeks: 1 } })).toBe("2026-05-11T00:00:00.000Z");
  expect(next({ every: { months: 1 } })).toBe("2026-06-01T00:00:00.000Z");
});

const TICK = ["2026-01-01T10:00:00Z", "2026-01-01T10:05:02Z"] as const;
const OUTAGE = ["2026-01-01T10:00:00Z", "2026-01-01T10:23:00Z"] as const;

test("planSlots runs a slot that is found in time", () => {
  expect(planned(EVERY_5_MINUTES, ...TICK)).toEqual(["10:05:00 run"]);
});

test("planSlots plans nothing twice, and nothing when the clock went back", () => {
  expect(planned(EVERY_5_MINUTES, TICK[1], TICK[1])).toEqual([]);
  expect(planned(EVERY_5_MINUTES, TICK[1], TICK[0])).toEqual([]);
});

test.each([
  ["skip", ["10:05:00..10:20:00 (4) skipped missed"]],
  [
    "once",
    [
      "10:05:00..10:15:00 (3) coalesced missed; one run makes up for all",
      "10:20:00 late found 180 s after it was due",
    ],
  ],
  [
    "all",
    [
      "10:05:00 late found 1080 s after it was due",
      "10:10:00 late found 780 s after it was due",
      "10:15:00 late found 480 s after it was due",
      "10:20:00 late found 180 s after it was due",
    ],
  ],
])("planSlots after an outage, policy %s", (policy, plan) => {
  expect(planned({ ...EVERY_5_MINUTES, missedRuns: { policy } }, ...OUTAGE)).toEqual(plan);
});

test("planSlots makes up for the newest slots only, under a limit", () => {
  expect(
    planned({ ...EVERY_5_MINUTES, missedRuns: { policy: "all", limit: 2 } }, ...OUTAGE),
  ).toEqual([
    "10:05:00..10:10:00 (2) skipped missed; only the newest 2 are made up for",
    "10:15:00 late found 480 s after it was due",
    "10:20:00 late found 180 s after it was due",
  ]);
});

test("planSlots lets a run that is in time make up for the missed ones", () => {
  expect(planned(EVERY_5_MINUTES, "2026-01-01T10:00:00Z", "2026-01-01T10:20:30Z")).toEqual([
    "10:05:00..10:15:00 (3) coalesced missed; one run makes up for all",
    "10:20:00 run",
  ]);
});

test("planSlots calls a slot late only after lateAfterSeconds", () => {
  const schedule = { ...EVERY_5_MINUTES, lateAfterSeconds: 10 };

  expect(planned(schedule, "2026-01-01T10:00:00Z", "2026-01-01T10:05:10Z")).toEqual([
    "10:05:00 run",
  ]);
  expect(planned(schedule, "2026-01-01T10:00:00Z", "2026-01-01T10:05:10.001Z")).toEqual([
    "10:05:00 late found 10 s after it was due",
  ]);
});

test("planSlots skips everything while paused, whatever the policy", () => {
  const schedule = { every: { seconds: 5 }, paused: true, missedRuns: { policy: "all" } };

  expect(planned(schedule, ...OUTAGE)).toEqual(["10:00:05..10:23:00 (276) skipped paused"]);
});

test.each([
  ["weekly", { kind: "weekly", days: ["thu"], from: "10:10", to: "10:20" }, "blackout"],
  ["weekly, every day", { kind: "weekly", from: "10:10", to: "10:20" }, "blackout"],
  [
    "dated and named",
    { kind: "dates", name: "Stocktaking", from: "2026-01-01T10:10", to: "2026-01-01T10:20" },
    'blackout "Stocktaking"',
  ],
])("planSlots skips the slots inside a blackout: %s", (_, blackout, reason) => {
  const schedule = { ...EVERY_5_MINUTES, blackouts: [blackout], missedRuns: { policy: "all" } };

  expect(planned(schedule, ...OUTAGE)).toEqual([
    "10:05:00 late found 1080 s after it was due",
    `10:10:00..10:15:00 (2) skipped ${reason}`,
    "10:20:00 late found 180 s after it was due",
  ]);
});

test.each([
  ["2026-01-01T21:00:00Z", "run"], // Thursday 22:00 in Copenhagen
  ["2026-01-02T20:59:00Z", "run"], // Friday 21:59
  ["2026-01-02T21:00:00Z", "skipped"], // Friday 22:00
  ["2026-01-03T05:59:00Z", "skipped"], // Saturday 06:59
  ["2026-01-03T06:00:00Z", "run"], // Saturday 07:00
  ["2026-01-04T23:59:00Z", "skipped"], // Monday 00:59, whole day
  ["2026-01-05T22:59:00Z", "skipped"], // Monday 23:59
  ["2026-01-05T23:00:00Z", "run"], // Tuesday 00:00
])("blackouts are read off the schedule's clock and may run past midnight: %s", (due, outcome) => {
  const schedule = Schedule.parse({
    cron: "* * * * *",
    timeZone: "Europe/Copenhagen",
    blackouts: [
      { kind: "weekly", days: ["fri"], from: "22:00", to: "07:00" },
      { kind: "weekly", days: ["mon"], from: "00:00", to: "24:00" },
    ],
  });

  const plan = planSlots(schedule, { lastClaimed: new Date(at(due).getTime() - 1), now: at(due) });

  expect(plan.map((slot) => slot.outcome)).toEqual([outcome]);
});

test("planSlots starts no late run inside a blackout, and none is lost", () => {
  const schedule = {
    ...EVERY_5_MINUTES,
    blackouts: [{ kind: "weekly", from: "10:12", to: "10:20" }],
    missedRuns: { policy: "all" },
  };

  expect(planned(schedule, "2026-01-01T10:00:00Z", "2026-01-01T10:15:00Z")).toEqual([]);
  expect(planned(schedule, "2026-01-01T10:05:00Z", "2026-01-01T10:12:00Z")).toEqual([]);
  expect(planned(schedule, "2026-01-01T10:00:00Z", "2026-01-01T10:20:00Z")).toEqual([
    "10:05:00 late found 900 s after it was due",
    "10:10:00 late found 600 s after it was due",
    "10:15:00 skipped blackout",
    "10:20:00 run",
  ]);
});

test("planSlots begins the run of a slot that was due in time just before a blackout", () => {
  const blackouts = [{ kind: "weekly", from: "10:06", to: "10:20" }];

  expect(
    planned({ ...EVERY_5_MINUTES, blackouts }, "2026-01-01T10:00:00Z", "2026-01-01T10:06:00Z"),
  ).toEqual(["10:05:00 run"]);
});

const YEAR_OF_OUTAGE = { lastClaimed: at("2025-01-01T00:00:00Z"), now: at("2026-01-01T00:00:00Z") };

test.each([
  ["interval", { every: { seconds: 5 } }],
  ["cron", { cron: "*/5 * * * * *" }],
])("planSlots answers a year's outage at five seconds in a few entries: %s", (_, rule) => {
  const plan = planSlots(Schedule.parse(rule), YEAR_OF_OUTAGE);

  expect(plan.map(({ outcome }) => outcome)).toEqual([
    "coalesced",
    ...Array.from({ length: 13 }, () => "run"),
  ]);
  expect(plan[0]).toMatchObject({
    dueAt: at("2025-01-01T00:00:05Z"),
    throughAt: at("2025-12-31T23:58:55Z"),
    count: (365 * 86_400) / 5 - 13,
  });
});

test("planSlots under policy all without a limit takes the oldest slots first", () => {
  const schedule = Schedule.parse({ every: { seconds: 5 }, missedRuns: { policy: "all" } });

  const plan = planSlots(schedule, YEAR_OF_OUTAGE);

  expect(plan).toHaveLength(500);
  expect(plan.at(-1)?.throughAt).toEqual(at("2025-01-01T00:41:40Z"));
});

test("planSlots skips a year's pause in one entry", () => {
  const schedule = Schedule.parse({ every: { seconds: 5 }, paused: true });

  expect(planSlots(schedule, YEAR_OF_OUTAGE)).toEqual([
    {
      dueAt: at("2025-01-01T00:00:05Z"),
      throughAt: YEAR_OF_OUTAGE.now,
      count: (365 * 86_400) / 5,
      outcome: "skipped",
      reason: "paused",
    },
  ]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { recurrenceOf } from "../../../src/domain/exports/recurrence.ts";
import { nextDue, type PlannedSlot, planSlots } from "../../../src/domain/exports/schedule.ts";
import { Schedule } from "../../../src/domain/exports/schedule-definition.ts";

const ZONES = [
  "UTC",
  "Europe/Copenhagen",
  "America/New_York",
  "Australia/Lord_Howe",
  "America/Santiago",
  "Africa/Casablanca",
  "Antarctica/Troll",
  "Asia/Kathmandu",
];
/** Days with a change of the clock in one of the zones, and one without. */
const DAYS = ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"];

/** Each zone's own changes, and a day without one. */
const CHANGES: readonly (readonly [string, string])[] = [
  ["Europe/Copenhagen", "2026-03-29"],
  ["Europe/Copenhagen", "2026-10-25"],
  ["America/New_York", "2026-03-08"],
  ["America/New_York", "2026-11-01"],
  ["Australia/Lord_Howe", "2026-04-05"],
  ["Australia/Lord_Howe", "2026-10-04"],
  ["Antarctica/Troll", "2026-03-29"],
  ["Antarctica/Troll", "2026-10-25"],
  ["Asia/Kathmandu", "2026-06-10"],
];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const timeZone = fc.constantFrom(...ZONES);
const dayMs = fc.constantFrom(...DAYS, "2026-06-10").map((day) => Date.parse(`${day}T00:00:00Z`));
const instant = fc
  .tuple(dayMs, fc.integer({ min: -40 * HOUR_MS, max: 40 * HOUR_MS }))
  .map(([day, shift]) => new Date(day + shift));

const minutes = fc.constantFrom("0", "30", "15,45", "*/20", "*", "7-9");
const hours = fc.constantFrom("1", "2", "2,14", "1-3", "*", "*/2", "0,23", "2-3/1");
const cron = fc.tuple(minutes, hours).map(([minute, hour]) => `${minute} ${hour} * * *`);

const every = fc.oneof(
  fc.record({ seconds: fc.integer({ min: 30, max: 4_000 }) }),
  fc.record({ minutes: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ hours: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ days: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ weeks: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ months: fc.integer({ min: 1, max: 30 }) }),
);
const start = fc
  .date({ min: new Date("1970-01-01"), max: new Date("2026-12-01"), noInvalidDate: true })
  .map((date) => date.toISOString());
const rule = fc.oneof(fc.record({ cron }), fc.record({ every, start }), fc.record({ every }));

const timeOfDay = fc.integer({ min: 0, max: 1439 }).map(asTimeOfDay);
const blackout = fc
  .tuple(timeOfDay, timeOfDay)
  .filter(([from, to]) => from !== to)
  .map(([from, to]) => ({ kind: "weekly", from, to }));
const missedRuns = fc.constantFrom(
  { policy: "skip" },
  { policy: "once" },
  { policy: "all" },
  { policy: "all", limit: 3 },
);

const schedule = fc
  .record({
    rule,
    timeZone,
    blackouts: fc.array(blackout, { maxLength: 2 }),
    missedRuns,
    paused: fc.boolean(),
    lateAfterSeconds: fc.integer({ min: 1, max: 7_200 }),
  })
  .map(({ rule: either, ...rest }) => Schedule.parse({ ...either, ...rest }));

function asTimeOfDay(minute: number): string {
  return new Date(minute * MINUTE_MS).toISOString().slice(11, 16);
}

test("nextDue is strictly increasing, and nothing is due between two answers", () => {
  fc.assert(
    fc.property(schedule, instant, fc.nat(1_000), (given, after, thousandths) => {
      const first = nextDue(given, after);
      if (first === null) return;
      const second = nextDue(given, first);

      expect(first.getTime()).toBeGreaterThan(after.getTime());
      expect(second?.getTime()).toBeGreaterThan(first.getTime());
      const between = after.getTime() + ((first.getTime() - after.getTime()) * thousandths) / 1_001;
      expect(nextDue(given, new Date(Math.floor(between)))).toEqual(first);
    }),
    { numRuns: 300 },
  );
});

test("a recurrence read backwards is the recurrence read forwards", () => {
  fc.assert(
    fc.property(schedule, instant, (given, after) => {
      const slots = dueSlots(given, { after, through: new Date("2029-01-01") }, 40);
      const recurrence = recurrenceOf(given);

      const backwards = slots.map((slot) => recurrence.latest(new Date(slot.getTime() - 1)));

      expect(backwards.slice(1)).toEqual(slots.slice(0, -1));
      for (const slot of slots) expect(recurrence.latest(slot)).toEqual(slot);
    }),
    { numRuns: 60 },
  );
});

/** The meaning of cron at changes of the clock, found by checking every minute. */
function duesByLooking(given: Schedule, from: Date, through: Date): string[] {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: given.timeZone,
    dateStyle: "short",
    timeStyle: "short",
  });
  const [minute = "", hour = ""] = (given.cron ?? "").split(" ");
  const isFixed = !/[*/]/.test(minute + hour);
  const dues: string[] = [];
  let latestLocalMs = Number.NEGATIVE_INFINITY;
  for (let ms = from.getTime() - 4 * HOUR_MS; ms <= through.getTime(); ms += MINUTE_MS) {
    const localMs = Date.parse(`${format.format(ms).replace(" ", "T")}:00Z`);
    // At a change of the clock, only minutes that were never shown before count for a fixed time.
    const firstMs = isFixed ? Math.max(latestLocalMs + MINUTE_MS, localMs - 3 * HOUR_MS) : localMs;
    let isDue = false;
    for (let shownMs = firstMs; shownMs <= localMs; shownMs += MINUTE_MS) {
      const shown = new Date(shownMs);
      isDue ||= has(minute, shown.getUTCMinutes()) && has(hour, shown.getUTCHours());
    }
    if (isDue && ms > from.getTime()) dues.push(new Date(ms).toISOString());
    latestLocalMs = Math.max(latestLocalMs, localMs);
  }
  return dues;
}

function has(field: string, value: number): boolean {
  return field.split(",").some((item) => {
    const [range = "", step = "1"] = item.split("/");
    const [first = 0, last = first] = range === "*" ? [0, 59] : range.split("-").map(Number);
    return value >= first && value <= last && (value - first) % Number(step) === 0;
  });
}

test("cron slots are those of a look at every minute of the clock", () => {
  fc.assert(
    fc.property(cron, fc.constantFrom(...CHANGES), (expression, [zone, date]) => {
      const day = Date.parse(`${date}T00:00:00Z`);
      const given = Schedule.parse({ cron: expression, timeZone: zone });
      const after = new Date(day - 14 * HOUR_MS);
      const through = new Date(day + 20 * HOUR_MS);

      const slots = dueSlots(given, { after, through }, 10_000).map((slot) => slot.toISOString());

      expect(slots).toEqual(duesByLooking(given, after, through));
    }),
    { numRuns: 40 },
  );
});

const runsOf = (plan: readonly PlannedSlot[]) =>
  plan
    .filter(({ outcome }) => outcome === "run" || outcome === "late")
    .map(({ dueAt }) => dueAt.toISOString());
const skippedOf = (plan: readonly PlannedSlot[]) =>
  plan.filter(({ outcome }) => outcome === "skipped").reduce((sum, { count }) => sum + count, 0);

/** Plans again and again until nothing is left, as ticks at these instants would. */
function planAt(given: Schedule, lastClaimed: Date, ticks: readonly Date[]): PlannedSlot[] {
  const all: PlannedSlot[] = [];
  let claimed = lastClaimed;
  for (const now of ticks) {
    let plan = planSlots(given, { lastClaimed: claimed, now });
    while (plan.length > 0) {
      all.push(...plan);
      claimed = plan.at(-1)?.throughAt ?? claimed;
      plan = planSlots(given, { lastClaimed: claimed, now });
    }
  }
  return all;
}

test("under policy all, however the ticks fall, the same slots run and the same are skipped", () => {
  fc.assert(
    fc.property(
      schedule,
      instant,
      fc.array(fc.integer({ min: 0, max: 50 * HOUR_MS }), { maxLength: 30 }),
      (some, lastClaimed, shifts) => {
        const given: Schedule = { ...some, paused: false, missedRuns: { policy: "all" } };
        // The last tick falls outside of any blackout, so that no late run waits.
        const free = { ...given, blackouts: given.blackouts.slice(0, 1) };
        const end = endOutsideBlackout(free, lastClaimed);
        const ticks = shifts
          .sort((a, b) => a - b)
          .map((shift) => new Date(Math.min(lastClaimed.getTime() + shift, end.getTime())));

        const inManyTicks = planAt(free, lastClaimed, [...ticks, end]);
        const inOneTick = planAt(free, lastClaimed, [end]);

        expect(runsOf(inManyTicks)).toEqual(runsOf(inOneTick));
        expect(skippedOf(inManyTicks)).toBe(skippedOf(inOneTick));
        const due = dueSlots(free, { after: lastClaimed, through: end }, 10_000);
        expect(runsOf(inOneTick).length + skippedOf(inOneTick)).toBe(due.length);
      },
    ),
    { numRuns: 60 },
  );
});

function endOutsideBlackout({ blackouts, timeZone: zone }: Schedule, from: Date): Date {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, timeStyle: "short" });
  const [window] = blackouts;
  for (let ms = from.getTime() + 50 * HOUR_MS; ; ms += MINUTE_MS) {
    const shown = format.format(ms);
    const { from: first, to: last } = window ?? { from: "", to: "" };
    const isInside = first < last ? first <= shown && shown < last : first <= shown || shown < last;
    if (window === undefined || !isInside) return new Date(ms);
  }
}

test("planSlots leaves no slot out, doubles none and keeps their order, under any policy", () => {
  fc.assert(
    fc.property(schedule, instant, fc.nat(60 * HOUR_MS), (given, lastClaimed, outageMs) => {
      const now = new Date(lastClaimed.getTime() + outageMs);
      const plan = planSlots(given, { lastClaimed, now });
      const [first, last] = [plan[0], plan.at(-1)];
      if (first === undefined || last === undefined) return;

      expect(first.dueAt).toEqual(nextDue(given, lastClaimed));
      for (const [index, entry] of plan.slice(1).entries()) {
        expect(entry.dueAt).toEqual(nextDue(given, plan[index]?.throughAt as Date));
      }
      const planned = plan.reduce((sum, { count }) => sum + count, 0);
      const period = { after: lastClaimed, through: last.throughAt };
      if (planned <= 500) expect(dueSlots(given, period, 10_000)).toHaveLength(planned);
    }),
    { numRuns: 100 },
  );
});

test("planning never throws, whatever the instants", () => {
  const anyDate = fc.date({ noInvalidDate: true });
  fc.assert(
    fc.property(schedule, anyDate, anyDate, (given, lastClaimed, now) => {
      expect(planSlots(given, { lastClaimed, now }).length).toBeLessThanOrEqual(501);
      nextDue(given, now);
    }),
    { numRuns: 40 },
  );
});

/** The first due instants after `after` up to and with `through`, oldest first, at most `limit` of them. */
function dueSlots(
  schedule: Schedule,
  { after, through }: { after: Date; through: Date },
  limit: number,
): Date[] {
  const recurrence = recurrenceOf(schedule);
  const slots: Date[] = [];
  let due = recurrence.next(after);
  while (due !== null && due <= through && slots.length < limit) {
    slots.push(due);
    due = recurrence.next(due);
  }
  return slots;
}

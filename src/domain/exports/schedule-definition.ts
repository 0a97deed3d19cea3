import { z } from "zod";
import { DAY_MS } from "../../formats/day.ts";
import { cronProblem } from "./cron-expression.ts";

const MAX_CRON_LENGTH = 200;
const MAX_BLACKOUTS = 50;
/** Most slots that one plan looks at, and so the most missed slots that can be made up for. */
export const MAX_MISSED_RUNS = 500;

/** Schedules live between these years; outside of them nothing is due. */
export const FIRST_YEAR = 1970;
export const LAST_YEAR = 2999;

const Instant = z.iso
  .datetime({
    offset: true,
    abort: true,
    error: ({ input }) =>
      `${JSON.stringify(input)} is not an instant such as "2026-03-01T06:00:00Z"`,
  })
  .refine((text) => isSupportedYear(new Date(text).getUTCFullYear()), {
    error: ({ input }) => `"${input}" is not between the years ${FIRST_YEAR} and ${LAST_YEAR}`,
  });

const UNITS = ["seconds", "minutes", "hours", "days", "weeks", "months"] as const;
export type IntervalUnit = (typeof UNITS)[number];

const Count = z.int().min(1).max(1_000_000);

/**
 * One unit and its count. Seconds, minutes and hours are elapsed time; days, weeks and months keep the wall-clock time
 * of the start. Months count from the start, so that a start on 31 January leads to 28 February and then to 31 March.
 */
const Every = z
  .partialRecord(z.enum(UNITS), Count)
  .refine((every) => Object.keys(every).length === 1, {
    error: `needs exactly one of ${UNITS.join(", ")}`,
  });

const Cron = z
  .string()
  .max(MAX_CRON_LENGTH)
  .superRefine((expression, context) => {
    const problem = cronProblem(expression);
    if (problem !== null) {
      context.addIssue({
        code: "custom",
        message: `cron ${JSON.stringify(expression)} ${problem}`,
      });
    }
  });

const TimeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, {
    error: ({ input }) =>
      `time zone ${JSON.stringify(input)} is not an IANA name such as "Europe/Copenhagen"`,
  });

const TimeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, {
  error: ({ input }) => `${JSON.stringify(input)} is not a time of day such as "22:00"`,
});
const EndOfWindow = z.union([TimeOfDay, z.literal("24:00")], {
  error: ({ input }) =>
    `${JSON.stringify(input)} is neither a time of day such as "22:00" nor "24:00"`,
});
const LocalDateTime = z.iso
  .datetime({
    local: true,
    abort: true,
    error: ({ input }) =>
      `${JSON.stringify(input)} is not a local date and time such as "2026-12-24T00:00"`,
  })
  .refine((text) => !text.endsWith("Z"), {
    error: ({ input }) =>
      `"${input}" has an offset; blackouts are in the time zone of the schedule`,
  });

export const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** The reason of a skipped slot, for operators. */
const BlackoutName = z.string().min(1).max(100).optional();

/**
 * A window on each of these days, from `from` until just before `to`. It runs past midnight when `to` is not after
 * `from`.
 */
const WeeklyBlackout = z
  .strictObject({
    kind: z.literal("weekly").describe("The same hours on days of the week."),
    name: BlackoutName.describe("The reason of a skipped slot, for operators."),
    days: z
      .array(z.enum(WEEKDAYS))
      .min(1)
      .max(7)
      .default([...WEEKDAYS])
      .describe("Days on which the window begins; every day by default."),
    from: TimeOfDay.describe("Time at which it begins, e.g. `22:00`."),
    to: EndOfWindow.describe("Time at which it ends; past midnight when it is not after `from`."),
  })
  .refine(({ from, to }) => from !== to, {
    path: ["to"],
    error: 'is when the window begins; write "00:00" to "24:00" for the whole day',
  });

/** One window, from `from` until just before `to`. */
const DatedBlackout = z
  .strictObject({
    kind: z.literal("dates").describe("One window."),
    name: BlackoutName.describe("The reason of a skipped slot, for operators."),
    from: LocalDateTime.describe("Time at which it begins, e.g. `2026-12-24T00:00`."),
    to: LocalDateTime.describe("Time at which it ends."),
  })
  .refine(({ from, to }) => Date.parse(`${from}Z`) < Date.parse(`${to}Z`), {
    path: ["to"],
    error: 'is not after "from"',
  });

/** A time in which no slot leads to a run, on the wall clock of the schedule's time zone. */
export const Blackout = z.discriminatedUnion("kind", [WeeklyBlackout, DatedBlackout]);
export type Blackout = z.infer<typeof Blackout>;

/**
 * How to treat slots that were not found in time, e.g. because the app was down. `skip` forgets them, `once` runs once
 * for all of them, `all` runs each, or with a `limit` only the newest.
 */
const MissedRuns = z
  .strictObject({
    policy: z
      .enum(["skip", "once", "all"])
      .default("once")
      .describe("`skip` forgets them, `once` runs once for all of them, `all` runs each."),
    limit: z
      .int()
      .min(1)
      .max(MAX_MISSED_RUNS)
      .optional()
      .describe("With `all`: the number of newest slots to run."),
  })
  .refine(({ policy, limit }) => limit === undefined || policy === "all", {
    path: ["limit"],
    error: 'is only allowed with the policy "all"',
  });

/**
 * The times of an export: at an interval (`every`) or by a cron expression (`cron`).
 *
 * Without `start` an interval counts from Monday 2001-01-01T00:00 in the time zone. So whole days begin at midnight,
 * whole weeks on Mondays and whole months on the first. `start` is the first possible slot; at `end` and after it
 * nothing is due.
 */
export const Schedule = z
  .strictObject({
    every: Every.optional().describe(
      'An interval: one unit and its count, e.g. `{ "minutes": 15 }`. Seconds, minutes and hours are elapsed time; days, weeks and months keep the wall-clock time of the start.',
    ),
    cron: Cron.optional().describe(
      "A cron expression with 5 fields, or 6 with seconds first, e.g. `0 6 * * MON-FRI`.",
    ),
    timeZone: TimeZone.default("UTC").describe(
      "IANA name of the schedule's time zone, e.g. `Europe/Copenhagen`.",
    ),
    start: Instant.optional().describe(
      "First possible slot. Without it an interval counts from Monday 2001-01-01T00:00 in the time zone.",
    ),
    end: Instant.optional().describe("From this time on nothing is due."),
    paused: z
      .boolean()
      .default(false)
      .describe("While true every slot is skipped; none of them is made up for later."),
    blackouts: z
      .array(Blackout)
      .max(MAX_BLACKOUTS)
      .default([])
      .describe("Times in which no slot leads to a run, on the wall clock of the time zone."),
    missedRuns: MissedRuns.prefault({}).describe(
      "How to treat slots that were not found in time, e.g. because the app was down.",
    ),
    lateAfterSeconds: z
      .int()
      .min(1)
      .max(DAY_MS / 1_000)
      .default(60)
      .describe("A slot that is found later than this counts as missed."),
  })
  .superRefine((schedule, context) => {
    if ((schedule.every === undefined) === (schedule.cron === undefined)) {
      const message = 'a schedule needs exactly one of "every" and "cron"';
      context.addIssue({ code: "custom", path: ["cron"], message });
    }
    const { start, end } = schedule;
    if (start !== undefined && end !== undefined && Date.parse(end) <= Date.parse(start)) {
      context.addIssue({ code: "custom", path: ["end"], message: 'is not after "start"' });
    }
  })
  .describe("The times of an export: at an interval (`every`) or by a cron expression (`cron`).");
export type Schedule = z.infer<typeof Schedule>;

function isSupportedYear(year: number): boolean {
  return year >= FIRST_YEAR && year <= LAST_YEAR;
}

function isTimeZone(name: string): boolean {
  // Intl also takes offsets such as "+02:00", which are not zones: they know no daylight saving time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

import { Cron } from "croner";
import { DAY_MS } from "../../formats/day.ts";
import { AppError } from "../errors.ts";
import { FIRST_YEAR, type IntervalUnit, LAST_YEAR, type Schedule } from "./schedule-definition.ts";
import { type WallClock, wallClock } from "./wall-clock.ts";

/** The endless sequence of a schedule's due times, without pauses and blackouts. */
export interface Recurrence {
  /** The first due time strictly after; null when there is none. */
  next(after: Date): Date | null;
  /** The last due time at or before; null when there is none. */
  latest(at: Date): Date | null;
}

const ELAPSED_UNIT_MS = { seconds: 1_000, minutes: 60_000, hours: 3_600_000 };
/** Start of intervals without a `start`: a Monday, and the first day of a month and of a year. */
const DEFAULT_ANCHOR_LOCAL_MS = Date.UTC(2001, 0, 1);

/**
 * Reads a schedule's rule. At a change to and from summer time:
 *
 * - an interval in seconds, minutes or hours is elapsed time and does not change;
 * - an interval in days, weeks or months keeps wall-clock time, and so does a cron expression whose time fields have
 *   neither star nor step. A time in the gap is due at the end of the gap, a time that comes twice is due the first
 *   time;
 * - any other cron expression follows the clock: nothing in the gap, and both passes of an hour that comes twice.
 */
export function recurrenceOf(schedule: Schedule): Recurrence {
  const recurrence = known.get(schedule) ?? bounded(unboundedOf(schedule), schedule);
  known.set(schedule, recurrence);
  return recurrence;
}

/** Time zones and expressions are slow to parse, and each tick asks about every schedule. */
const known = new WeakMap<Schedule, Recurrence>();

function unboundedOf({ cron, every, timeZone, start }: Schedule): Recurrence {
  if (cron !== undefined) return cronRecurrence(cron, timeZone);
  const [unit, count] = Object.entries(every ?? {})[0] ?? [];
  if (unit === undefined || count === undefined) {
    throw new AppError(
      "schedule-invalid",
      'Cannot plan a schedule: it has neither "every" nor "cron"',
    );
  }
  const clock = wallClock(timeZone);
  const anchorMs =
    start === undefined ? clock.firstInstant(DEFAULT_ANCHOR_LOCAL_MS) : Date.parse(start);
  return unit === "seconds" || unit === "minutes" || unit === "hours"
    ? elapsedRecurrence(anchorMs, count * ELAPSED_UNIT_MS[unit])
    : calendarRecurrence(anchorMs, { unit: unit as IntervalUnit, count }, clock);
}

function bounded(recurrence: Recurrence, { start, end }: Schedule): Recurrence {
  const firstMs = start === undefined ? Date.UTC(FIRST_YEAR) : Date.parse(start);
  const endMs = Math.min(
    end === undefined ? Number.POSITIVE_INFINITY : Date.parse(end),
    Date.UTC(LAST_YEAR + 1),
  );
  return {
    next(after) {
      if (after.getTime() >= endMs) return null;
      const due = recurrence.next(new Date(Math.max(after.getTime(), firstMs - 1)));
      return due === null || due.getTime() >= endMs ? null : due;
    },
    latest(at) {
      if (at.getTime() < firstMs) return null;
      const due = recurrence.latest(new Date(Math.min(at.getTime(), endMs - 1)));
      return due === null || due.getTime() < firstMs ? null : due;
    },
  };
}

function cronRecurrence(expression: string, timeZone: string): Recurrence {
  const cron = new Cron(expression, {
    timezone: timeZone,
    mode: "5-or-6-parts",
    fixedTimeRule: "no-wildcard",
  });
  return {
    next: (after) => cron.nextRun(after),
    latest: (at) => {
      // croner looks strictly before the second that it is given.
      const nextSecond = new Date(Math.floor(at.getTime() / 1000) * 1000 + 1000);
      return cron.previousRuns(1, nextSecond)[0] ?? null;
    },
  };
}

function elapsedRecurrence(anchorMs: number, stepMs: number): Recurrence {
  const slot = (index: number) => (index < 0 ? null : new Date(anchorMs + index * stepMs));
  return {
    next: (after) => slot(Math.max(0, Math.floor((after.getTime() - anchorMs) / stepMs) + 1)),
    latest: (at) => slot(Math.floor((at.getTime() - anchorMs) / stepMs)),
  };
}

/** Slot number `index` is the anchor's wall-clock time, `index` whole periods later. */
function calendarRecurrence(
  anchorMs: number,
  period: { unit: IntervalUnit; count: number },
  clock: WallClock,
): Recurrence {
  const anchorLocalMs = clock.toLocal(anchorMs);
  const slotMs = (index: number) =>
    // The anchor itself may be the second pass of a time that comes twice.
    index === 0 ? anchorMs : clock.firstInstant(localOf(anchorLocalMs, period, index));

  /** The index of a slot close to the instant: not after it, and no more than three before the last one until it. */
  const guess = (instant: Date) =>
    Math.max(0, periodsBetween(anchorLocalMs, clock.toLocal(instant.getTime()), period) - 1);

  return {
    next(after) {
      let index = guess(after);
      while (slotMs(index) <= after.getTime()) index++;
      return new Date(slotMs(index));
    },
    latest(at) {
      let index = guess(at) + 3;
      while (index >= 0 && slotMs(index) > at.getTime()) index--;
      return index < 0 ? null : new Date(slotMs(index));
    },
  };
}

function localOf(
  anchorLocalMs: number,
  { unit, count }: { unit: IntervalUnit; count: number },
  index: number,
): number {
  if (unit !== "months") return anchorLocalMs + index * count * daysIn(unit) * DAY_MS;
  const anchor = new Date(anchorLocalMs);
  const [year, month] = [anchor.getUTCFullYear(), anchor.getUTCMonth()];
  const lastDay = new Date(Date.UTC(year, month + index * count + 1, 0)).getUTCDate();
  const day = Math.min(anchor.getUTCDate(), lastDay);
  const timeOfDayMs = anchorLocalMs - Date.UTC(year, month, anchor.getUTCDate());
  return Date.UTC(year, month + index * count, day) + timeOfDayMs;
}

function periodsBetween(
  fromLocalMs: number,
  toLocalMs: number,
  { unit, count }: { unit: IntervalUnit; count: number },
): number {
  if (unit !== "months")
    return Math.floor((toLocalMs - fromLocalMs) / (count * daysIn(unit) * DAY_MS));
  const from = new Date(fromLocalMs);
  const to = new Date(toLocalMs);
  const months =
    (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth();
  return Math.floor(months / count);
}

const daysIn = (unit: IntervalUnit) => (unit === "weeks" ? 7 : 1);

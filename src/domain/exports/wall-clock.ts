import { DAY_MS } from "../../formats/day.ts";

/**
 * The wall clock of one time zone. A local time is the number of milliseconds that UTC has at the same reading:
 * `Date.UTC(2026, 2, 29, 2, 30)` is 02:30 on 29 March. So calendar arithmetic stays simple.
 */
export interface WallClock {
  /** The local time at an instant, both in ms. */
  toLocal(instantMs: number): number;
  /**
   * The first instant at which the clock shows `localMs` or later. A time in the gap of a change to summer time becomes
   * the end of the gap. A time that comes twice means the first. It never decreases as `localMs` grows.
   */
  firstInstant(localMs: number): number;
}

/** @param timeZone an IANA name that `Intl` knows */
export function wallClock(timeZone: string): WallClock {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });

  function toLocal(instantMs: number): number {
    const fields: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(instantMs)) fields[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
    const ms = ((instantMs % 1000) + 1000) % 1000;
    return Date.UTC(year, month - 1, day, hour, minute, second, ms);
  }

  const offsetAt = (instantMs: number) => toLocal(instantMs) - instantMs;

  function firstInstant(localMs: number): number {
    // No offset is a day or more, so a relevant change can only lie between these two.
    const offsetBefore = offsetAt(localMs - DAY_MS);
    const offsetAfter = offsetAt(localMs + DAY_MS);
    const candidates = [localMs - offsetBefore, localMs - offsetAfter];
    const found = candidates.find((instantMs) => toLocal(instantMs) === localMs);
    return found ?? changeOfOffset(Math.min(...candidates), Math.max(...candidates));
  }

  /** The instant in (`before`, `after`] at which the offset changes. */
  function changeOfOffset(before: number, after: number): number {
    const offsetBefore = offsetAt(before);
    let low = before;
    let high = after;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offsetAt(middle) === offsetBefore) low = middle;
      else high = middle;
    }
    return high;
  }

  return { toLocal, firstInstant };
}

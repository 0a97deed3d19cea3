import { parseTimeSpanMs } from "../time-span.ts";
import { parseNcrontab } from "./ncrontab.ts";

export interface Schedule {
  readonly text: string;
  /** The first occurrence after the instant; null when there will be none. */
  nextAfter(after: Date): Date | null;
  /** Whether it is due more than once in the minute from the given instant. Such a schedule is not monitored. */
  isSubMinute(now: Date): boolean;
  /** Warnings for its author at start-up. */
  readonly warnings: readonly string[];
}

/**
 * Reads the schedule of a timer trigger: an NCRONTAB expression or a TimeSpan that means "every".
 *
 * @param text with `%SETTING%` already resolved
 * @throws Error when the text is neither
 */
export function parseSchedule(text: string): Schedule {
  const spanMs = parseTimeSpanMs(text);
  return spanMs === null ? cronSchedule(text) : constantSchedule(text, spanMs);
}

function cronSchedule(text: string): Schedule {
  const cron = parseNcrontab(text);
  return {
    text,
    nextAfter: (after) => cron.nextAfter(after),
    isSubMinute(now) {
      const second = cron.nextAfter(cron.nextAfter(now) ?? now);
      return second !== null && second.getTime() < now.getTime() + 60_000;
    },
    warnings: cron.swappedRanges.map(
      (range) => `range "${range}" is written backwards: the platform swaps its ends`,
    ),
  };
}

function constantSchedule(text: string, periodMs: number): Schedule {
  if (periodMs <= 0) {
    throw new Error(`Cannot read schedule "${text}": a period must be longer than nothing`);
  }
  return {
    text,
    nextAfter: (after) => new Date(after.getTime() + periodMs),
    isSubMinute: () => periodMs < 60_000,
    warnings: [
      "a TimeSpan schedule works on an App Service plan only; on Consumption and Flex write NCRONTAB",
    ],
  };
}

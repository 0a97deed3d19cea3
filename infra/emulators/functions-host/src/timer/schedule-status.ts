import type { Schedule } from "./schedule.ts";

/** State of a monitored timer, kept between runs and across restarts. */
export interface ScheduleStatus {
  /** Time of the last run; null before the first. */
  readonly last: Date | null;
  readonly next: Date;
  /** The instant from which `next` was computed when there is no `last`. */
  readonly lastUpdated: Date | null;
}

/** Store of statuses. The caller logs a failing `save` and otherwise ignores it, as on the platform. */
export interface ScheduleStatusStore {
  find(functionName: string): Promise<ScheduleStatus | null>;
  save(functionName: string, status: ScheduleStatus): Promise<void>;
}

/** .NET's default DateTime, which stands for "never". */
const NEVER = "0001-01-01T00:00:00+00:00";

export function statusToJson(status: ScheduleStatus): {
  Last: string;
  Next: string;
  LastUpdated: string;
} {
  return {
    Last: instantText(status.last),
    Next: instantText(status.next),
    LastUpdated: instantText(status.lastUpdated),
  };
}

/** @returns null when the text is not a status, which the platform treats as "no status yet" */
export function statusFromJson(text: string): ScheduleStatus | null {
  try {
    const { Last, Next, LastUpdated } = JSON.parse(text) as Record<string, string | undefined>;
    const next = instant(Next);
    return next === null ? null : { last: instant(Last), next, lastUpdated: instant(LastUpdated) };
  } catch {
    return null;
  }
}

function instantText(at: Date | null): string {
  return at === null ? NEVER : at.toISOString().replace(/(?:\.000)?Z$/, "+00:00");
}

function instant(text: string | undefined): Date | null {
  const at = new Date(text ?? "");
  return Number.isNaN(at.getTime()) || at.getUTCFullYear() < 2000 ? null : at;
}

export function memoryScheduleStatuses(): ScheduleStatusStore {
  const statuses = new Map<string, ScheduleStatus>();
  return {
    find: (functionName) => Promise.resolve(statuses.get(functionName) ?? null),
    save(functionName, status) {
      statuses.set(functionName, status);
      return Promise.resolve();
    },
  };
}

/**
 * Decides at start-up whether an occurrence was missed while the host was down.
 *
 * Without a status, the next occurrence is stored. If the schedule has changed, it is computed anew, and not past due.
 * Otherwise it is past due when the stored occurrence is over; one run makes up for all missed ones.
 *
 * @returns null when the schedule has no occurrence left
 */
export function statusAtStart(
  schedule: Schedule,
  stored: ScheduleStatus | null,
  now: Date,
): { status: ScheduleStatus; isPastDue: boolean; mustSave: boolean } | null {
  const computedFrom = stored?.last ?? stored?.lastUpdated ?? now;
  const expected = schedule.nextAfter(computedFrom);
  if (stored !== null && expected !== null && stored.next.getTime() === expected.getTime()) {
    return { status: stored, isPastDue: now > stored.next, mustSave: false };
  }
  const isStale = expected !== null && now > expected;
  const next = isStale ? schedule.nextAfter(now) : expected;
  return next === null
    ? null
    : {
        status: { last: null, next, lastUpdated: isStale ? now : computedFrom },
        isPastDue: false,
        mustSave: true,
      };
}

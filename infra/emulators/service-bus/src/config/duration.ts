const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** .NET uses these lengths where the calendar varies. */
const UNITS_MS = [365 * DAY_MS, 30 * DAY_MS, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS] as const;

const DURATION =
  /^P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** The longest .NET time span, which means "forever" for Service Bus. */
const FOREVER = "P10675199DT2H48M5.4775807S";

/** Durations of this length or more mean "forever". */
export const FOREVER_MS = 10_675_199 * DAY_MS;

/**
 * Reads an ISO 8601 duration such as `PT1M30S`; a year counts as 365 days, a month as 30.
 *
 * @returns whole milliseconds, possibly infinite; null when the text is not a duration
 */
export function parseDuration(text: string): number | null {
  const parts = DURATION.exec(text)?.slice(1);
  if (parts === undefined) {
    return null;
  }
  const ms = parts.map((part, index) => Number(part ?? 0) * (UNITS_MS[index] ?? 0));
  return Math.round(ms.reduce((sum, each) => sum + each, 0));
}

/** Writes an ISO 8601 duration in days, hours, minutes and seconds; null is "forever". */
export function formatDuration(ms: number | null): string {
  if (ms === null || ms >= FOREVER_MS) {
    return FOREVER;
  }
  const days = Math.floor(ms / DAY_MS);
  const hours = Math.floor((ms % DAY_MS) / HOUR_MS);
  const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS);
  const seconds = (ms % MINUTE_MS) / SECOND_MS;
  const date = days > 0 ? `${days}D` : "";
  const time = [
    hours > 0 ? `${hours}H` : "",
    minutes > 0 ? `${minutes}M` : "",
    seconds > 0 ? `${seconds}S` : "",
  ].join("");
  if (date === "" && time === "") {
    return "PT0S";
  }
  return `P${date}${time === "" ? "" : `T${time}`}`;
}

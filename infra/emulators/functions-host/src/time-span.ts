const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const TIME_SPAN_REGEXP =
  /^\s*(?<sign>-?)(?:(?<days>\d+)[.:](?=\d+:\d+:))?(?<first>\d+)(?::(?<second>\d+)(?::(?<third>\d+)(?:\.(?<fraction>\d{1,7}))?)?)?\s*$/;

/**
 * Reads a duration as .NET's `TimeSpan.Parse` does: `hh:mm:ss`, `hh:mm`, `d.hh:mm:ss.fff`, `d:hh:mm:ss`, or `d`.
 *
 * As in .NET, `24:00:00` is 24 *days*: hours above 23 make it `d:hh:mm`, and a bare number counts days.
 *
 * @returns milliseconds, or null when the text is not a TimeSpan
 * @see https://learn.microsoft.com/dotnet/api/system.timespan.parse
 */
export function parseTimeSpanMs(text: string): number | null {
  const parts = TIME_SPAN_REGEXP.exec(text)?.groups;
  if (parts === undefined) {
    return null;
  }
  const magnitudeMs = partsToMs(parts);
  return magnitudeMs === null ? null : parts.sign === "-" ? -magnitudeMs : magnitudeMs;
}

function partsToMs(parts: Record<string, string | undefined>): number | null {
  const [first, second, third] = [parts.first, parts.second, parts.third].map(Number) as [
    number,
    number,
    number,
  ];
  if (parts.second === undefined) {
    return first * DAY_MS;
  }
  if (parts.third === undefined) {
    return timeMs(first, second, 0);
  }
  if (parts.days === undefined && first > 23) {
    const restMs = timeMs(second, third, 0);
    return restMs === null ? null : first * DAY_MS + restMs;
  }
  const ofDayMs = timeMs(first, second, third);
  const fractionMs = Number(`0.${parts.fraction ?? "0"}`) * SECOND_MS;
  return ofDayMs === null ? null : Number(parts.days ?? 0) * DAY_MS + ofDayMs + fractionMs;
}

function timeMs(hours: number, minutes: number, seconds: number): number | null {
  return hours > 23 || minutes > 59 || seconds > 59
    ? null
    : hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS;
}

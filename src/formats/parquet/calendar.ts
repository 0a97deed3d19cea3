import { DAY_MS } from "../day.ts";

/** Dates and times as whole numbers. The calendar is Gregorian for all years, before 1582 too, as in ISO 8601. */

const DATE_LENGTH = 10;
const MICROS_PER_DAY = 1_000n * BigInt(DAY_MS);
const DATE_REGEXP = /^\d{4}-\d{2}-\d{2}$/;
/** Digits after the sixth of a second must be zeros. */
const TIME_REGEXP = /^(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6})0*)?Z?$/;

/** @returns days since 1970-01-01; null when the text is not a date */
export function dateOf(text: string): number | null {
  if (!DATE_REGEXP.test(text)) {
    return null;
  }
  const year = Number(text.slice(0, 4));
  // `Date.UTC` moves years below 100 to the twentieth century, so 400 years are added: their length never varies
  const days = Date.UTC(year + 400, Number(text.slice(5, 7)) - 1, Number(text.slice(8))) / DAY_MS;
  return days - DAYS_IN_400_YEARS;
}

const DAYS_IN_400_YEARS = 146_097;

/** @returns microseconds since midnight; null when the text is not a time, or is finer than a microsecond */
export function timeOf(text: string): bigint | null {
  const parts = TIME_REGEXP.exec(text);
  if (parts === null) {
    return null;
  }
  const [, hours, minutes, seconds, fraction = ""] = parts;
  const wholeSeconds = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return BigInt(wholeSeconds * 1_000_000 + Number(fraction.padEnd(6, "0")));
}

/** @returns microseconds since 1970-01-01T00:00:00; null when the text is not a time, or is finer than a microsecond */
export function timestampOf(text: string): bigint | null {
  const days = dateOf(text.slice(0, DATE_LENGTH));
  const micros = timeOf(text.slice(DATE_LENGTH + 1));
  return days === null || micros === null ? null : BigInt(days) * MICROS_PER_DAY + micros;
}

/** A point in time as text: canonical in the sense of formats/rows.ts. */
export type DateTimeValue =
  | { readonly type: "date"; readonly value: string }
  | { readonly type: "datetime"; readonly value: string }
  | { readonly type: "local-datetime"; readonly value: string };

const DATE_REGEXP = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const TIME_REGEXP = /^([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9](?:\.[0-9]{1,9})?))?$/;
const ZONE_REGEXP = /(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** @returns the date as it is, or null when the day does not exist in the years 0001 to 9999 */
export function readDate(text: string): string | null {
  const match = DATE_REGEXP.exec(text);
  if (match === null) {
    return null;
  }
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0);
  return year >= 1 && day >= 1 && day <= days ? text : null;
}

/** @returns `HH:MM:SS[.f]` of a time with or without seconds, or null; there is no 24:00 and no leap second */
export function readTime(text: string): string | null {
  const match = TIME_REGEXP.exec(text);
  return match === null ? null : `${match[1]}:${match[2]}:${match[3] ?? "00"}`;
}

/**
 * Reads an ISO 8601 / RFC 3339 date, or a date and a time with `T` or one blank between them. A zone may follow. A time
 * with a zone is moved to UTC. Up to nine digits of a second are kept.
 *
 * @returns null for other texts, and outside the years 0001 to 9999 in UTC
 */
export function readDateTime(text: string): DateTimeValue | null {
  const date = readDate(text.slice(0, 10));
  if (date === null || text.length === 10) {
    return date === null ? null : { type: "date", value: date };
  }
  if (!/^[Tt ]$/.test(text.charAt(10))) {
    return null;
  }
  const clock = text.slice(11);
  const zone = ZONE_REGEXP.exec(clock);
  const time = readTime(zone === null ? clock : clock.slice(0, zone.index));
  if (time === null) {
    return null;
  }
  if (zone === null) {
    return { type: "local-datetime", value: `${date}T${time}` };
  }
  const [, sign, hours = "0", minutes = "0"] = zone;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
  const value = inUtc(`${date}T${time}`, offset);
  return value === null ? null : { type: "datetime", value };
}

/** {@link readDateTime}, and also zones as databases write them: `+00`, `+0200`, and with a blank before it. */
export function readWrittenDateTime(text: string): DateTimeValue | null {
  const [, clock = "", sign, hours, minutes = "00"] = WRITTEN_ZONE_REGEXP.exec(text) ?? [];
  return readDateTime(sign === undefined ? text : `${clock}${sign}${hours}:${minutes}`);
}

/** A sign after a time of day; the hyphens of a date come earlier. */
const WRITTEN_ZONE_REGEXP = /^(.{10}[Tt ][0-9:.]+) ?([+-])([0-9]{2}):?([0-9]{2})?$/;

/** A date, optionally with its first midnight, in any zone. */
export function readWrittenDate(text: string): string | null {
  const read = readWrittenDateTime(text);
  return read !== null && (text.length === 10 || MIDNIGHT_REGEXP.test(text))
    ? text.slice(0, 10)
    : null;
}

const MIDNIGHT_REGEXP = /^.{10}[Tt ]00:00(?::00(?:\.0+)?)?(?: ?(?:[Zz]|[+-][0-9:]+))?$/;

/** Moves a wall-clock time by its offset. The seconds stay as they are, because offsets are whole minutes. */
function inUtc(wallClock: string, offsetMinutes: number): string | null {
  if (offsetMinutes === 0) {
    return `${wallClock}Z`;
  }
  const minutes = Date.parse(`${wallClock.slice(0, 16)}:00Z`) - offsetMinutes * 60_000;
  const shifted = new Date(minutes).toISOString();
  // Years beyond four digits are written with a sign.
  return /^[0-9]{4}-/.test(shifted) && !shifted.startsWith("0000")
    ? `${shifted.slice(0, 16)}${wallClock.slice(16)}Z`
    : null;
}

/**
 * Makes canonical dates and times comparable as plain text: without `Z`, dates as midnight, and without zeros at the
 * end of a fraction. Only texts of the same type, or of a type and a date, can be compared.
 */
export function sortableDateTime(canonical: string): string {
  if (canonical.length === 10) {
    return `${canonical}T00:00:00`;
  }
  const bare = canonical.endsWith("Z") ? canonical.slice(0, -1) : canonical;
  return bare.includes(".") ? bare.replace(/\.?0+$/, "") : bare;
}

/**
 * Converts instants and wall-clock times from APIs to canonical form. A second has no digits after the point, or six,
 * or more if there are more. Nothing is cut off. Text with more than nine digits is refused.
 */
const TIME_REGEXP = /^(\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9})0*)?)?$/;
const LOCAL_REGEXP = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)$/;
const ZONED_REGEXP = /^(.+?)([Zz]|[+-]\d\d(?::?\d\d)?)$/;

/** @returns `YYYY-MM-DD` of a date, or of the date part of a date and time; null for other text */
export function canonicalDate(text: string): string | null {
  const date = text.slice(0, 10);
  const rest = text.slice(10);
  const isDate = epochSeconds(`${date}T00:00:00`) !== null;
  return isDate && (rest === "" || /^[Tt ]/.test(rest)) ? date : null;
}

/** @returns `HH:MM:SS[.ffffff]`; null for other text */
export function canonicalTime(text: string): string | null {
  const match = TIME_REGEXP.exec(text);
  if (match === null) {
    return null;
  }
  const [, minutes, seconds = "00", fraction = ""] = match;
  const time = `${minutes}:${seconds}`;
  return epochSeconds(`2000-01-01T${time}`) === null ? null : time + canonicalFraction(fraction);
}

/** @returns `YYYY-MM-DDTHH:MM:SS[.ffffff]`; null for other text, and for a time with a zone */
export function canonicalLocal(text: string): string | null {
  const match = LOCAL_REGEXP.exec(text);
  const [, date = "", clock = ""] = match ?? [];
  const time = canonicalTime(clock);
  if (time === null || epochSeconds(`${date}T${time.slice(0, 8)}`) === null) {
    return null;
  }
  return `${date}T${time}`;
}

/** @returns `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`; null for other text, and for a time without a zone */
export function canonicalInstant(text: string): string | null {
  const [, wallClock = "", zone = ""] = ZONED_REGEXP.exec(text) ?? [];
  const local = canonicalLocal(wallClock);
  if (local === null) {
    return null;
  }
  const seconds = epochSeconds(local.slice(0, 19));
  const offset = offsetSeconds(zone);
  if (seconds === null || offset === null) {
    return null;
  }
  const utc = new Date((seconds - offset) * 1_000).toISOString();
  // The text is longer outside of the years 0000 to 9999.
  return utc.length === 24 ? `${utc.slice(0, 19)}${local.slice(19)}Z` : null;
}

/** Whole microseconds; finer digits are cut off. @param instant canonical */
export function microsOf(instant: string): number {
  const seconds = epochSeconds(instant.slice(0, 19)) ?? 0;
  return seconds * 1_000_000 + Number(instant.slice(20, -1).slice(0, 6).padEnd(6, "0"));
}

/** The canonical instant of that many microseconds since 1970. */
export function instantOf(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = String(micros - seconds * 1_000_000).padStart(6, "0");
  const text = new Date(seconds * 1_000).toISOString().slice(0, 19);
  return `${text}${canonicalFraction(fraction)}Z`;
}

function canonicalFraction(digits: string): string {
  const atLeastSix = digits.replace(/0+$/, "").padEnd(6, "0");
  return atLeastSix === "000000" ? "" : `.${atLeastSix}`;
}

/** @returns null for a day or time that does not exist, such as 30 February, 24:00 and a leap second */
function epochSeconds(local: string): number | null {
  const milliseconds = Date.parse(`${local}Z`);
  const isExact =
    !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().slice(0, 19) === local;
  return isExact ? milliseconds / 1_000 : null;
}

function offsetSeconds(zone: string): number | null {
  if (zone === "Z" || zone === "z") {
    return 0;
  }
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(":", ""))];
  const seconds = hours * 3_600 + minutes * 60;
  return hours > 18 || minutes > 59 ? null : zone.startsWith("-") ? -seconds : seconds;
}

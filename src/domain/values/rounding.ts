import { DAY_MS } from "../../formats/day.ts";
import { compareDecimals, plainDecimal } from "./decimal.ts";

/** How a value with too many digits is made to fit. */
export type Rounding = "down" | "half-up";

/**
 * Rounds a decimal in plain notation to so many digits after the decimal point; below 0: to tens, hundreds.
 *
 * @param how `down` cuts digits off; `half-up` goes to the nearest, and a half away from zero
 */
export function roundDecimal(plain: string, scale: number, how: Rounding): string {
  const isNegative = plain.startsWith("-");
  const [whole = "", fraction = ""] = (isNegative ? plain.slice(1) : plain).split(".");
  const digits = whole + fraction;
  const kept = whole.length + scale;
  const start = kept > 0 ? digits.slice(0, kept).padEnd(kept, "0") : "0";
  const isUp = how === "half-up" && kept >= 0 && digits.charAt(kept) >= "5";
  const rounded = (BigInt(start) + (isUp ? 1n : 0n)).toString();
  const magnitude = plainDecimal(`${rounded}e${-scale}`) ?? rounded;
  return isNegative && /[1-9]/.test(magnitude) ? `-${magnitude}` : magnitude;
}

/** Whether a decimal in plain notation has at most these digits after the decimal point, not counting final zeros. */
export function fitsScale(plain: string, scale: number): boolean {
  const [whole = "", fraction = ""] = plain.split(".");
  const counting = fraction.length - trailingZeros(fraction);
  if (counting > 0) {
    return counting <= scale;
  }
  return scale >= 0 || !/[1-9]/.test(whole) || trailingZeros(whole) >= -scale;
}

/** Own code, because a pattern for it needs quadratic time. */
function trailingZeros(digits: string): number {
  let end = digits.length;
  while (digits.charAt(end - 1) === "0") {
    end -= 1;
  }
  return digits.length - end;
}

/**
 * Makes a canonical time, or date and time without a zone, fit so many digits of a second.
 *
 * @param text ends with `HH:MM:SS[.f]`
 * @returns null when the result would lie after the year 9999, or for a time after the last one of the day
 */
export function roundSeconds(text: string, digits: number, how: Rounding): string | null {
  const [seconds = "", fraction = ""] = text.split(".");
  const kept = fraction.slice(0, digits);
  if (how === "down" || (fraction.charAt(digits) || "0") < "5") {
    return kept === "" ? seconds : `${seconds}.${kept}`;
  }
  const next = (BigInt(kept || "0") + 1n).toString().padStart(digits, "0");
  if (digits > 0 && next.length === digits) {
    return `${seconds}.${next}`;
  }
  return nextSecond(seconds);
}

/** Whether a time has at most these digits of a second, not counting final zeros. */
export function fitsSeconds(text: string, digits: number): boolean {
  const fraction = text.split(".")[1] ?? "";
  return fraction.length - trailingZeros(fraction) <= digits;
}

function nextSecond(text: string): string | null {
  const isTime = text.length === 8;
  const next = new Date(
    Date.parse(`${isTime ? `2000-01-01T${text}` : text}Z`) + 1_000,
  ).toISOString();
  if (isTime) {
    return next.startsWith("2000-01-01") ? next.slice(11, 19) : null;
  }
  return /^[0-9]{4}-/.test(next) ? next.slice(0, 19) : null;
}

/** The day of a canonical date and time, or the next day from noon on. */
export function roundToDay(text: string, how: Rounding): string | null {
  const day = text.slice(0, 10);
  if (how === "down" || text.slice(11, 13) < "12") {
    return day;
  }
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString();
  return /^[0-9]{4}-/.test(next) ? next.slice(0, 10) : null;
}

/**
 * The nearest value of a binary floating-point type, in its shortest digits.
 *
 * @param plain a decimal in plain notation
 * @returns null when the decimal is beyond the type. `isExact`: the decimal is the usual text of the value, in its
 *   shortest digits. A decimal with a fraction may also have as many digits as cautious programs write (9 and 17, and a
 *   single-precision value as a double).
 */
export function nearestFloat(
  plain: string,
  type: "single" | "double",
): { readonly text: string; readonly isExact: boolean } | null {
  const value = type === "single" ? Math.fround(Number(plain)) : Number(plain);
  if (!Number.isFinite(value)) {
    return null;
  }
  const text = type === "single" ? shortestSingle(value) : String(value);
  const others = plain.includes(".")
    ? [value.toPrecision(17), ...(type === "single" ? [value.toPrecision(9), String(value)] : [])]
    : [];
  const isExact = [text, ...others].some(
    (written) => compareDecimals(plainDecimal(written) ?? "", plain) === 0,
  );
  return { text, isExact };
}

function shortestSingle(value: number): string {
  for (let digits = 1; digits < 9; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) {
      return String(Number(text));
    }
  }
  return String(Number(value.toPrecision(9)));
}

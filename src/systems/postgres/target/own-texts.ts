import { readDecimal } from "../../../domain/values/decimal.ts";
import { fitsScale, nearestFloat } from "../../../domain/values/rounding.ts";
import type { Encode } from "./encoders.ts";

/** Encoders of types whose texts have special forms in PostgreSQL, and would be changed silently. */

const UNBOUND_DIGITS = 6;
const ANY_FRACTION_REGEXP = /\.([0-9]+)/g;
const SECONDS_REGEXP = /:[0-9]{2}\.([0-9]+)/g;

function fractions(pattern: RegExp, digits: number): Encode {
  return (cell) =>
    [...cell.matchAll(pattern)].every(([, fraction = ""]) => fitsScale(`0.${fraction}`, digits))
      ? cell
      : { because: `must have at most ${digits} digits after a decimal point` };
}

/** tsrange, tstzrange and their multiranges. */
export const timestampRange: Encode = fractions(SECONDS_REGEXP, UNBOUND_DIGITS);

/** An amount with signs around it; under the locale "C" a comma groups thousands. */
export const amount: Encode = fractions(ANY_FRACTION_REGEXP, 2);

const TIME_OF_DAY_REGEXP = /[0-9][Tt ]+([0-9:.]+)/g;
const MIDNIGHT_REGEXP = /^00:00(?::00(?:\.0+)?)?$/;

/** daterange and datemultirange, which drop a time of day. */
export const dateRange: Encode = (cell) =>
  [...cell.matchAll(TIME_OF_DAY_REGEXP)].every(([, time = ""]) => MIDNIGHT_REGEXP.test(time))
    ? cell
    : { because: "must have days without a time of day" };

const NUMBER_REGEXP = /[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/g;

/** point, line, lseg, path, box, polygon and circle: pairs of double precision. */
export const geometry: Encode = (cell) => {
  let isExact = true;
  const stored = cell.replace(NUMBER_REGEXP, (text) => {
    const plain = readDecimal(text);
    const nearest = plain === null ? null : nearestFloat(plain, "double");
    isExact &&= nearest?.isExact !== false;
    return nearest?.text ?? text;
  });
  return isExact ? cell : { because: null, stored };
};

/** Units of an interval from coarse to fine, and their bits in the upper half of its modifier. */
const UNITS = [
  { name: "years", bit: 2, word: /^(?:y|yrs?|years?)$/ },
  { name: "months", bit: 1, word: /^(?:mons?|months?)$/ },
  { name: "days", bit: 3, word: /^(?:w|weeks?|d|days?)$/ },
  { name: "hours", bit: 10, word: /^(?:h|hrs?|hours?)$/ },
  { name: "minutes", bit: 11, word: /^(?:m|mins?|minutes?)$/ },
  { name: "seconds", bit: 12, word: /^(?:s|secs?|seconds?)$/ },
] as const;
const SECONDS = UNITS.length - 1;

/** @param modifier modifier of the interval type: the units that it keeps, and its digits of a second */
export function interval(modifier: number): Encode {
  const digits = modifier & 0xffff;
  const isUnbound = modifier === -1 || digits === 0xffff;
  const fits = fractions(ANY_FRACTION_REGEXP, isUnbound ? UNBOUND_DIGITS : digits);
  const finest = UNITS.findLastIndex(({ bit }) => (modifier >> 16) & (1 << bit));
  if (modifier === -1 || finest === SECONDS) {
    return fits;
  }
  const kept = UNITS[finest]?.name;
  const misfit = { because: `must be an interval, such as P1D, with nothing finer than ${kept}` };
  return (cell) => (finestUnit(cell) <= finest ? cell : misfit);
}

const ISO_REGEXP = /^P(?:[+-]?[0-9]+[YMWD])*(?:T(?:[+-]?[0-9]+[HMS])+)?$/;
const PARTS_REGEXP = /([+-]?[0-9]+) *([a-z]+)|[+-]?([0-9]+):([0-9]{2})(?::([0-9]{2}))?|(\S)/g;

/** @returns the index of the finest unit in the interval; beyond all for a text that is not plain */
function finestUnit(text: string): number {
  const words = ISO_REGEXP.test(text) ? inWords(text) : text.toLowerCase();
  const parts = Array.from(words.matchAll(PARTS_REGEXP), ([, count, word = "", ...clock]) =>
    count === undefined ? finestOfClock(clock) : unitOf(Number(count), word),
  );
  return Math.max(NOTHING, ...parts);
}

const NOTHING = -1;
const NOT_PLAIN = UNITS.length;

function unitOf(count: number, word: string): number {
  const unit = UNITS.findIndex((each) => each.word.test(word));
  return unit === -1 ? NOT_PLAIN : count === 0 ? NOTHING : unit;
}

/** @param clock hours, minutes and seconds, then the rest, which does not belong to an interval */
function finestOfClock(clock: readonly (string | undefined)[]): number {
  if (clock[3] !== undefined) {
    return NOT_PLAIN;
  }
  const last = clock.findLastIndex((value = "0") => Number(value) !== 0);
  return last === -1 ? NOTHING : SECONDS - 2 + last;
}

/** `P1Y2MT3M` as `1y2mons3m`. */
function inWords(iso: string): string {
  const [days = "", time = ""] = iso.slice(1).split("T");
  return `${days.replaceAll("M", "mons")} ${time}`.toLowerCase();
}

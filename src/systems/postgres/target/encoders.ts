import {
  readTime,
  readWrittenDate,
  readWrittenDateTime,
} from "../../../domain/values/date-time.ts";
import { readDecimal } from "../../../domain/values/decimal.ts";
import {
  fitsScale,
  fitsSeconds,
  nearestFloat,
  type Rounding,
  roundDecimal,
  roundSeconds,
  roundToDay,
} from "../../../domain/values/rounding.ts";
import { arrayLiteral, eachElement } from "./array-literal.ts";
import { amount, dateRange, geometry, interval, timestampRange } from "./own-texts.ts";
import type { TableType } from "./target-table.ts";

/** Why a value does not fit a type. */
export interface Misfit {
  /** Null: the value does not fit the type. */
  readonly because: string | null;
  /** The value that PostgreSQL would store, where it accepts the value and changes it. */
  readonly stored?: string;
}

/** Makes PostgreSQL's text of a canonical cell. */
export type Encode = (cell: string) => string | Misfit;

/**
 * Values that fit, under the settings of `transaction.ts`. Other values are refused, and the problem shows the value
 * that would have been stored; or they are rounded where the column says so (`round`). PostgreSQL never changes a value
 * silently.
 *
 * | PostgreSQL                     | fits                                                                             |
 * |--------------------------------|----------------------------------------------------------------------------------|
 * | smallint, integer, bigint      | a number in the type's range, whose fraction is missing or zero                  |
 * | numeric(p,s), money            | not more than s (2) decimals, except zeros; money also as `$1,000.50`            |
 * | numeric                        | any number; not NaN, not infinity                                                |
 * | real, double precision         | a number that is the nearest value of the type, with all its digits              |
 * | varchar(n), char(n)            | not more than n characters, blanks at the end included; char(n) fills up with blanks |
 * | name, "char"                   | not more than 63 bytes, 1 byte                                                   |
 * | date                           | `YYYY-MM-DD`, optionally with midnight after it; no words such as `today`        |
 * | time(p)                        | `HH:MM[:SS[.f]]`, not more than p (6) digits of a second, before 24:00           |
 * | timetz(p)                      | as time(p), with an offset                                                       |
 * | timestamp(p)                   | ISO 8601, the years 1 to 9999, not more than p (6) digits of a second; an instant as its wall-clock time in UTC |
 * | timestamptz(p)                 | as timestamp(p); a wall-clock time counts as UTC                                 |
 * | interval(p)                    | any text that PostgreSQL reads, not more than p (6) digits after a decimal point |
 * | interval hour to minute ...    | whole numbers of units, nothing finer than the last unit                         |
 * | ranges of timestamps, of dates | any text that PostgreSQL reads, not more than 6 digits of a second; no time of day for dates |
 * | point, line, box, circle ...   | numbers that are the nearest double, with all their digits                       |
 * | bytea                          | base64                                                                           |
 * | arrays                         | a JSON array, or PostgreSQL's own text `{1,2}`; each element by this table       |
 * | composite types                | none: PostgreSQL would round or fill up their parts (see `write-plan.ts`)        |
 * | anything else                  | any text that PostgreSQL reads                                                   |
 *
 * @returns null where the cell already is the text
 */
export function encoder(type: TableType, round?: Rounding): Encode | null {
  const { id, modifier, element } = type;
  if (element === null) {
    return scalarEncoder(id, modifier, round);
  }
  const ofElement = scalarEncoder(element.id, element.modifier, round) ?? same;
  return (cell) =>
    cell.startsWith("[") && !OWN_BOUNDS_REGEXP.test(cell)
      ? arrayLiteral(cell, element.delimiter, ofElement)
      : eachElement(cell, element.delimiter, ofElement);
}

/** `[0:1]={...}` */
const OWN_BOUNDS_REGEXP = /^(?:\[[+-]?\d+:[+-]?\d+\])+=/;
const NOT_TAKEN: Misfit = { because: null };
const UNBOUND_DIGITS = 6;

function scalarEncoder(id: number, modifier: number, round: Rounding | undefined): Encode | null {
  const digits = modifier === -1 ? UNBOUND_DIGITS : modifier;
  switch (id) {
    case 17:
      return bytes;
    case 18:
      return withinBytes(1);
    case 19:
      return withinBytes(63);
    case 20:
    case 21:
    case 23:
      return decimals(0, round, whole);
    case 700:
      return floats("single", round);
    case 701:
      return floats("double", round);
    case 790:
      return money(round);
    case 1042:
    case 1043:
      return modifier === -1 ? null : withinCharacters(modifier - 4);
    case 1082:
      return days(round);
    case 1083:
      return seconds(timeOf, digits, round);
    case 1266:
      return seconds(zonedTimeOf, digits, round);
    case 1114:
      return seconds(timestampOf(""), digits, round);
    case 1184:
      return seconds(timestampOf("Z"), digits, round);
    case 1186:
      return interval(modifier);
    case 1700:
      return decimals(modifier === -1 ? Infinity : numericScale(modifier), round, same);
    default:
      return OWN_TEXTS.get(id) ?? null;
  }
}

const OWN_TEXTS: ReadonlyMap<number, Encode> = new Map([
  ...[3908, 3910, 4533, 4534].map((id) => [id, timestampRange] as const),
  ...[3912, 4535].map((id) => [id, dateRange] as const),
  ...[600, 601, 602, 603, 604, 628, 718].map((id) => [id, geometry] as const),
]);
const BASE64_REGEXP = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function bytes(cell: string): string | Misfit {
  return BASE64_REGEXP.test(cell) ? `\\x${Buffer.from(cell, "base64").toString("hex")}` : NOT_TAKEN;
}

function same(cell: string): string {
  return cell;
}

function whole(cell: string, plain: string): string {
  return /[.eE]/.test(cell) ? (plain.split(".")[0] as string) : cell;
}

const DIGITS_REGEXP = /^[+-]?[0-9]+$/;
/** NaN and infinities: a numeric can hold them, a canonical decimal cannot. */
const NO_NUMBER_REGEXP = /nan|inf/i;

/** @param asTaken makes the text of a value that fits */
function decimals(
  scale: number,
  round: Rounding | undefined,
  asTaken: (cell: string, plain: string) => string,
): Encode {
  return (cell) => {
    if (scale >= 0 && DIGITS_REGEXP.test(cell)) {
      return cell;
    }
    const plain = readDecimal(cell);
    if (plain === null) {
      return NO_NUMBER_REGEXP.test(cell) ? NOT_TAKEN : cell;
    }
    if (fitsScale(plain, scale)) {
      return asTaken(cell, plain);
    }
    return round === undefined
      ? { because: null, stored: roundDecimal(plain, scale, "half-up") }
      : roundDecimal(plain, scale, round);
  };
}

function money(round: Rounding | undefined): Encode {
  const plain = decimals(2, round, same);
  return (cell) => (readDecimal(cell) === null ? amount(cell) : plain(cell));
}

function floats(type: "single" | "double", round: Rounding | undefined): Encode {
  return (cell) => {
    const plain = readDecimal(cell);
    if (plain === null) {
      return cell;
    }
    const nearest = nearestFloat(plain, type);
    if (nearest === null) {
      return NOT_TAKEN;
    }
    if (nearest.isExact) {
      return cell;
    }
    return round === undefined ? { because: null, stored: nearest.text } : nearest.text;
  };
}

function withinCharacters(max: number): Encode {
  return (cell) => {
    const isFine = cell.length <= max || Array.from(cell).length <= max;
    if (isFine) {
      return cell;
    }
    const start = Array.from(cell).slice(0, max).join("");
    return cell.trimEnd().length <= start.length ? { because: null, stored: start } : NOT_TAKEN;
  };
}

function withinBytes(max: number): Encode {
  return (cell) =>
    Buffer.byteLength(cell) <= max ? cell : { because: `must have at most ${max} byte(s)` };
}

function days(round: Rounding | undefined): Encode {
  return (cell) => {
    const day = readWrittenDate(cell);
    const read = day === null ? readWrittenDateTime(cell) : null;
    if (read === null || read.type === "date") {
      return day ?? NOT_TAKEN;
    }
    if (round === undefined) {
      return { because: null, stored: read.value.slice(0, 10) };
    }
    return roundToDay(read.value, round) ?? NOT_TAKEN;
  };
}

/** Splits a value into the text up to its seconds, and the rest. */
type SplitTime = (cell: string) => readonly [upToSeconds: string, zone: string] | null;

function seconds(split: SplitTime, digits: number, round: Rounding | undefined): Encode {
  return (cell) => {
    const parts = split(cell);
    if (parts === null) {
      return NOT_TAKEN;
    }
    const [text, zone] = parts;
    if (fitsSeconds(text, digits)) {
      return text + zone;
    }
    const rounded = roundSeconds(text, digits, round ?? "half-up");
    if (round === undefined) {
      return { because: null, stored: rounded === null ? BEYOND : rounded + zone };
    }
    return rounded === null ? NOT_TAKEN : rounded + zone;
  };
}

const BEYOND = "a time beyond the last one that can be exported again";

function timeOf(cell: string): readonly [string, string] | null {
  const time = readTime(cell);
  return time === null ? null : [time, ""];
}

function zonedTimeOf(cell: string): readonly [string, string] | null {
  const [, clock = "", zone = ""] = /^([0-9:.]+) ?([Zz]|[+-][0-9:]{2,8})$/.exec(cell) ?? [];
  const time = readTime(clock);
  return time === null ? null : [time, zone];
}

function timestampOf(zone: "" | "Z"): SplitTime {
  return (cell) => {
    const read = readWrittenDateTime(cell);
    if (read === null) {
      return null;
    }
    const text = read.type === "date" ? `${read.value}T00:00:00` : read.value.replace(/Z$/, "");
    return [text, zone];
  };
}

/**
 * Digits before and after the decimal point that a numeric's modifier allows. Since version 15 the second can be
 * negative.
 */
export function numericScale(modifier: number): number {
  // Eleven bits, signed: numeric_typmod_scale() of the server.
  return (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
}

export function numericPrecision(modifier: number): number {
  return ((modifier - 4) >> 16) & 0xffff;
}

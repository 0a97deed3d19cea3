import { isForeignJson } from "../../formats/json/bounded-json.ts";
import type { ColumnType } from "../../formats/rows.ts";
import { readTime, readWrittenDate, readWrittenDateTime } from "../values/date-time.ts";
import { plainDecimal, readDecimal } from "../values/decimal.ts";
import { guidOf } from "../values/guid.ts";

/** Turns one canonical text into another; null when the other type has no such value. */
export type Conversion = (text: string) => string | null;

/**
 * Finds the conversion between two column types. Nothing is silently rounded or cut off, with one exception: a decimal
 * becomes the nearest double.
 *
 * | from                       | to                       | rule                                                            |
 * |----------------------------|--------------------------|-----------------------------------------------------------------|
 * | any                        | string                   | the canonical text                                              |
 * | string                     | boolean                  | `true`, `false`, `1`, `0`, in any case                          |
 * | string                     | integer                  | a number whose fraction is missing or zero; `1e3` is 1000       |
 * | string                     | decimal                  | a number, in plain or scientific notation, every digit kept; also `.5` and `5.` |
 * | string                     | double                   | a number, the nearest double; also NaN, Infinity, -Infinity     |
 * | string                     | date                     | `2024-02-29`, optionally with midnight after it, in any zone    |
 * | string                     | time                     | `08:30`, `08:30:00.5`                                           |
 * | string                     | datetime                 | ISO 8601 with a zone, moved to UTC; also `+02`, `+0200`         |
 * | string                     | local-datetime           | ISO 8601 without a zone                                         |
 * | string                     | uuid                     | 32 hexadecimal digits in any case, with or without hyphens and braces |
 * | string                     | json                     | a JSON text, as it is                                           |
 * | string                     | binary                   | base64, as it is                                                |
 * | boolean                    | integer, decimal         | 1 and 0                                                         |
 * | integer                    | boolean                  | 1 and 0 only                                                    |
 * | integer                    | decimal                  | the same digits                                                 |
 * | decimal, double            | integer                  | only if the fraction is missing or zero                         |
 * | integer, decimal           | double                   | the nearest double                                              |
 * | double                     | decimal                  | the digits of its shortest text; not NaN, not infinity          |
 * | boolean and numbers        | json                     | as a JSON value; not NaN, not infinity                          |
 * | date                       | datetime, local-datetime | its midnight, in UTC for datetime                               |
 * | datetime                   | date, time, local-datetime | the time of a clock in UTC                                    |
 * | local-datetime             | date, time               | its parts                                                       |
 * | local-datetime             | datetime                 | taken as UTC                                                    |
 *
 * Blanks around a text are ignored, unless it becomes a string.
 *
 * @returns null when the conversion does not exist
 */
export function conversion(from: ColumnType, to: ColumnType): Conversion | null {
  if (from === to || to === "string") {
    return same;
  }
  return (from === "string" ? READERS[to] : CONVERSIONS[from]?.[to]) ?? null;
}

const same: Conversion = (text) => text;

const BOOLEANS: ReadonlyMap<string, string> = new Map([
  ["true", "true"],
  ["1", "true"],
  ["false", "false"],
  ["0", "false"],
]);
const NON_FINITE: ReadonlySet<string> = new Set(["NaN", "Infinity", "-Infinity"]);
const BASE64_REGEXP = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const READERS: Readonly<Partial<Record<ColumnType, Conversion>>> = {
  boolean: trimmed((text) => BOOLEANS.get(text.toLowerCase()) ?? null),
  integer: trimmed((text) => integerOf(readDecimal(text))),
  decimal: trimmed(readDecimal),
  double: trimmed((text) => (NON_FINITE.has(text) ? text : doubleOf(readDecimal(text)))),
  date: trimmed(readWrittenDate),
  time: trimmed(readTime),
  datetime: trimmed((text) => ofType(text, "datetime")),
  "local-datetime": trimmed((text) => ofType(text, "local-datetime")),
  uuid: trimmed(guidOf),
  json: (text) => (isForeignJson(text) ? text : null),
  binary: trimmed((text) => (BASE64_REGEXP.test(text) ? text : null)),
};

const CONVERSIONS: Readonly<Partial<Record<ColumnType, Partial<Record<ColumnType, Conversion>>>>> =
  {
    boolean: { integer: zeroOrOne, decimal: zeroOrOne, json: same },
    integer: {
      boolean: (text) => (text === "1" ? "true" : text === "0" ? "false" : null),
      decimal: same,
      double: toDouble,
      json: plainDecimal,
    },
    decimal: { integer: toInteger, double: toDouble, json: plainDecimal },
    double: { integer: toInteger, decimal: plainDecimal, json: plainDecimal },
    date: {
      datetime: (text) => `${text}T00:00:00Z`,
      "local-datetime": (text) => `${text}T00:00:00`,
    },
    datetime: {
      date: (text) => text.slice(0, 10),
      time: (text) => text.slice(11, -1),
      "local-datetime": (text) => text.slice(0, -1),
    },
    "local-datetime": {
      date: (text) => text.slice(0, 10),
      time: (text) => text.slice(11),
      datetime: (text) => `${text}Z`,
    },
  };

function trimmed(read: Conversion): Conversion {
  return (text) => read(text.trim());
}

function zeroOrOne(text: string): string {
  return text === "true" ? "1" : "0";
}

function toInteger(text: string): string | null {
  return integerOf(plainDecimal(text));
}

function integerOf(plain: string | null): string | null {
  const [whole = "", fraction = ""] = plain?.split(".") ?? [];
  return whole === "" || /[1-9]/.test(fraction) ? null : whole;
}

function toDouble(text: string): string | null {
  return doubleOf(plainDecimal(text));
}

function doubleOf(plain: string | null): string | null {
  const number = plain === null ? Number.NaN : Number(plain);
  return Number.isFinite(number) ? String(number) : null;
}

function ofType(text: string, type: "datetime" | "local-datetime"): string | null {
  const read = readWrittenDateTime(text);
  return read?.type === type ? read.value : null;
}

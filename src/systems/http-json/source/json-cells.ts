import { canonicalGuid } from "../../../domain/values/guid.ts";
import type { Cell, ColumnType } from "../../../formats/rows.ts";
import { exactText, numberText, stringText } from "./exact-json.ts";
import { canonicalDate, canonicalInstant, canonicalLocal, canonicalTime } from "./instant.ts";

/**
 * Makes a canonical cell of a JSON value. A missing member and `null` are the null cell.
 *
 * | column type          | takes                                                                                |
 * |----------------------|--------------------------------------------------------------------------------------|
 * | `string`             | a string; numbers and booleans by their text                                         |
 * | `boolean`            | true, false, and the strings of the same name                                        |
 * | `integer`, `decimal` | a number, or a string that holds one, in any notation                                |
 * | `double`             | as for `decimal`; "NaN", "Infinity", "-Infinity", "INF", "-INF"                      |
 * | `date`               | `YYYY-MM-DD`; a time after it is dropped                                             |
 * | `time`, `local-datetime` | ISO 8601 without a zone                                                          |
 * | `datetime`           | RFC 3339, in any offset                                                              |
 * | `uuid`               | a string, in any case, with or without braces                                        |
 * | `binary`             | base64 or base64url                                                                  |
 * | `json`               | any value                                                                            |
 *
 * @returns undefined for a value that does not fit the type
 */
export function jsonCell(value: unknown, type: ColumnType): Cell | undefined {
  if (value === null || value === undefined) {
    return null;
  }
  if (type === "json") {
    return exactText(value);
  }
  const text = stringText(value) ?? numberText(value) ?? booleanText(value);
  return text === null ? undefined : (CANONICAL[type](text) ?? undefined);
}

function booleanText(value: unknown): string | null {
  return typeof value === "boolean" ? String(value) : null;
}

const NUMBER_REGEXP = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,4}))?$/;
const BASE64_REGEXP = /^[A-Za-z0-9+/]*={0,2}$/;
const NON_FINITE: Readonly<Record<string, string>> = {
  NaN: "NaN",
  Infinity: "Infinity",
  "-Infinity": "-Infinity",
  INF: "Infinity",
  "-INF": "-Infinity",
};

const CANONICAL: Readonly<Record<Exclude<ColumnType, "json">, (text: string) => string | null>> = {
  string: (text) => text,
  boolean: (text) => (text === "true" || text === "false" ? text : null),
  integer: (text) => wholeNumber(text),
  decimal: (text) => plainNumber(text),
  double: (text) => double(text),
  date: canonicalDate,
  time: canonicalTime,
  datetime: canonicalInstant,
  "local-datetime": canonicalLocal,
  uuid: canonicalGuid,
  binary: (text) => base64(text),
};

/** Writes a number without an exponent; keeps its scale. */
function plainNumber(text: string): string | null {
  const match = NUMBER_REGEXP.exec(text);
  if (match === null) {
    return null;
  }
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const point = whole.length + Number(exponent);
  const digits = (whole + fraction)
    .padEnd(point, "0")
    .padStart((whole + fraction).length - point + 1, "0");
  const at = Math.max(point, 1);
  const before = digits.slice(0, at).replace(/^0+(?=[0-9])/, "");
  const after = digits.slice(at);
  return `${sign}${before}${after === "" ? "" : `.${after}`}`;
}

function wholeNumber(text: string): string | null {
  const plain = plainNumber(text);
  const [whole = "", fraction = ""] = plain?.split(".") ?? [];
  return plain === null || !/^0*$/.test(fraction) ? null : whole === "-0" ? "0" : whole;
}

function double(text: string): string | null {
  if (Object.hasOwn(NON_FINITE, text)) {
    return NON_FINITE[text] ?? null;
  }
  const value = Number(text);
  if (!NUMBER_REGEXP.test(text) || !Number.isFinite(value)) {
    return null;
  }
  return Object.is(value, -0) ? "-0" : String(value);
}

function base64(text: string): string | null {
  const standard = text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  return BASE64_REGEXP.test(standard) && standard.length % 4 !== 1
    ? Buffer.from(standard, "base64").toString("base64")
    : null;
}

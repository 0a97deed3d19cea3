import type { Cell, ColumnType } from "../../../formats/rows.ts";
import { arrayToJson } from "./array-text.ts";

/**
 * Converts the text that PostgreSQL sends (under the settings of `session.ts`) to canonical cells.
 *
 * | PostgreSQL                     | column type      | remarks                                                     |
 * |--------------------------------|------------------|-------------------------------------------------------------|
 * | boolean                        | `boolean`        |                                                             |
 * | smallint, integer, bigint, oid, xid, xid8 | `integer` |                                                         |
 * | numeric                        | `decimal`        | NaN and the infinities are not representable                |
 * | real, double precision         | `double`         | `real`: shortest text that reads back as the same `real`    |
 * | date, timestamp, timestamptz   | `date`, `local-datetime`, `datetime` | `infinity` becomes the last, `-infinity` the first instant that can be written (years 9999 and 0001). So order is kept. Years outside 0001 to 9999 are not representable |
 * | time                           | `time`           | `24:00:00` is not representable                             |
 * | uuid, json, jsonb, bytea       | `uuid`, `json`, `json`, `binary` |                                             |
 * | arrays                         | `json`           | elements by this table: numbers and booleans as such, JSON embedded, the rest strings; non-finite doubles are strings |
 * | anything else (text, enum, interval, timetz, money, inet, ranges, composites, xml ...) | `string` | as PostgreSQL writes it; intervals in ISO 8601 |
 */
export interface CellKind {
  readonly type: ColumnType;
  /** Null: the text is canonical already. */
  readonly convert: Convert | null;
}

type Convert = (text: string) => Cell;

/** Handles a value that the canonical form cannot hold: returns a cell, or throws {@link NotRepresentable}. */
export type Lost = (text: string) => Cell;

/** Thrown by the `Lost` that refuses. A caller that knows the column's name turns it into an AppError. */
export class NotRepresentable extends Error {
  readonly text: string;

  constructor(text: string) {
    super("value not representable");
    this.text = text;
  }
}

/** An array type: the delimiter and the type of its elements. */
export interface ArrayType {
  readonly delimiter: string;
  readonly elementTypeId: number;
}

/** @param arrays the array types among the columns, by type id */
export function cellKind(
  typeId: number,
  arrays: ReadonlyMap<number, ArrayType>,
  lost: Lost,
): CellKind {
  const array = arrays.get(typeId);
  if (array === undefined) {
    return scalarKind(typeId, lost);
  }
  const element = jsonElement(scalarKind(array.elementTypeId, lost));
  return { type: "json", convert: arrayToJson(array.delimiter, element) };
}

const AS_IT_IS: Readonly<Record<number, ColumnType>> = {
  20: "integer", // bigint
  21: "integer", // smallint
  23: "integer", // integer
  26: "integer", // oid
  28: "integer", // xid
  5069: "integer", // xid8
  700: "double", // real
  701: "double", // double precision
  114: "json",
  3802: "json", // jsonb
  2950: "uuid",
};

function scalarKind(typeId: number, lost: Lost): CellKind {
  switch (typeId) {
    case 16:
      return { type: "boolean", convert: (text) => (text === "t" ? "true" : "false") };
    case 17:
      return { type: "binary", convert: base64 };
    case 1700:
      return { type: "decimal", convert: (text) => (isNumber(text) ? text : lost(text)) };
    case 1082:
      return { type: "date", convert: (text) => date(text, lost) };
    case 1083:
      return { type: "time", convert: (text) => time(text, lost) };
    case 1114:
      return { type: "local-datetime", convert: (text) => timestamp(text, "", lost) };
    case 1184:
      return { type: "datetime", convert: (text) => timestamp(text, "Z", lost) };
    default:
      return { type: AS_IT_IS[typeId] ?? "string", convert: null };
  }
}

/** @param text text of a numeric: its only letters are those of NaN and Infinity */
function isNumber(text: string): boolean {
  return text.charCodeAt(text.length - 1) <= NINE;
}

/** @param text `\x` and hexadecimal digits */
function base64(text: string): string {
  return Buffer.from(text.slice(2), "hex").toString("base64");
}

const DASH = 45;
const SPACE = 32;
const NINE = 57;
const LATIN_C = 67;

function date(text: string, lost: Lost): Cell {
  if (text.length === 10) {
    return text;
  }
  return infinite(text, ["0001-01-01", "9999-12-31"]) ?? lost(text);
}

function time(text: string, lost: Lost): Cell {
  return text.startsWith("24") ? lost(text) : padded(text);
}

/** @param text `YYYY-MM-DD HH:MM:SS[.f]`, followed by `+00` when `zone` is "Z" */
function timestamp(text: string, zone: "" | "Z", lost: Lost): Cell {
  const isCommon =
    text.charCodeAt(4) === DASH &&
    text.charCodeAt(10) === SPACE &&
    // The text ends with "BC".
    text.charCodeAt(text.length - 1) !== LATIN_C;
  if (!isCommon) {
    const limits = [`0001-01-01T00:00:00${zone}`, `9999-12-31T23:59:59.999999${zone}`] as const;
    return infinite(text, limits) ?? lost(text);
  }
  const end = zone === "Z" ? text.length - 3 : text.length;
  return `${text.slice(0, 10)}T${padded(text.slice(11, end))}${zone}`;
}

/** PostgreSQL drops zeros at the end of a fraction; a canonical fraction has six digits. */
function padded(time: string): string {
  return time.length === 8 || time.length === 15 ? time : time.padEnd(15, "0");
}

function infinite(text: string, [first, last]: readonly [string, string]): string | null {
  switch (text) {
    case "infinity":
      return last;
    case "-infinity":
      return first;
    default:
      return null;
  }
}

function jsonElement({ type, convert }: CellKind): (text: string) => string {
  const isBare = type === "boolean" || type === "integer" || type === "decimal" || type === "json";
  return (text) => {
    const cell = convert === null ? text : convert(text);
    if (cell === null) {
      return "null";
    }
    const isNumeric = type === "double" && cell.charCodeAt(cell.length - 1) <= NINE;
    return isBare || isNumeric ? cell : JSON.stringify(cell);
  };
}

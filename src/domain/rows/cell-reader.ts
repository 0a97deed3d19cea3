import type { Cell, ColumnType, GivenCell } from "../../formats/rows.ts";
import type { ImportColumn, NumberMarks } from "../imports/import-column.ts";
import { type CellProblem, cellCheck } from "./cell-check.ts";
import { conversion } from "./column-conversion.ts";
import { constantCell } from "./constant-cell.ts";
import { expectedText } from "./expected-text.ts";
import { fitter } from "./fit-type.ts";

/** Turns a cell of the file into one of the column's type. */
export type CellReader = (cell: Cell) => Cell | CellProblem;

/**
 * Plans how one column's values are read and checked. `ImportColumn` describes the order of the steps.
 *
 * @throws AppError `shape-invalid` when a constant, a bound or a listed value is not a value of the column's type
 */
export function cellReader(column: ImportColumn): CellReader {
  const { type, whenNull } = column;
  const clean = cleaner(column);
  const read = typeReader(column);
  const check = cellCheck(column);
  const instead = whenNull === undefined ? null : constantCell(column, whenNull);
  const noValue: CellProblem = {
    reason: `is not a valid ${type}: expected ${expectedText(column)}`,
  };

  return (cell) => {
    const text = clean(cell);
    const value = text === null ? instead : read(text);
    if (isProblem(value)) {
      return value;
    }
    return value === null && text !== null ? noValue : check(value);
  };
}

export function isProblem(value: GivenCell | CellProblem): value is CellProblem {
  return typeof value === "object" && value !== null;
}

const CASES: Readonly<Record<"upper" | "lower" | "as-is", (text: string) => string>> = {
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  "as-is": (text) => text,
};

function cleaner(column: ImportColumn): (cell: Cell) => Cell {
  const { trim, letters, type } = column;
  const emptyIsNull = column.emptyIsNull ?? type !== "string";
  const changeCase = CASES[letters ?? "as-is"];
  const replace = replacement(column);
  return (cell) => {
    const text = cell === null || !trim ? cell : cell.trim();
    // only a text can consist of blanks
    if (text === null || (emptyIsNull && (type === "string" ? text : text.trim()) === "")) {
      return null;
    }
    return replace(changeCase(text));
  };
}

/** Without values to replace, the map is not used: a look-up would read the whole text. */
function replacement({ values }: ImportColumn): (text: string) => Cell {
  if (values === undefined) {
    return (text) => text;
  }
  const replaced = new Map(values.map(({ from, to }) => [from, to]));
  return (text) => {
    const found = replaced.get(text);
    return found === undefined ? text : found;
  };
}

/** Null: the text is not a value of the type. */
type TypeReader = (text: string) => string | CellProblem | null;

function typeReader(column: ImportColumn): TypeReader {
  const { type, numbers, dates } = column;
  const convert = conversion("string", type);
  if (convert === null) {
    throw new Error(`there is no conversion from text to ${type}`);
  }
  const toFit = fitter(column);
  const read: TypeReader = toFit === null ? convert : (text) => toFit(text.trim(), convert(text));
  const rewrite = numbers === undefined ? dateRewriter(type, dates) : numberRewriter(numbers);
  if (rewrite === null) {
    return read;
  }
  return (text) => {
    const usual = rewrite(text.trim());
    return usual === null ? null : read(usual);
  };
}

const GROUPS: Readonly<Record<string, string>> = { " ": "[ \u00A0\u202F]", "'": "['\u2019]" };

/** Writes a number with these marks as `-1234.56`; null for any other text. */
function numberRewriter({ decimal, group }: NumberMarks): (text: string) => string | null {
  const mark = decimal === "." ? "\\." : ",";
  const between = group === undefined ? null : (GROUPS[group] ?? `\\${group}`);
  const grouped = between === null ? "" : `|\\d{1,3}(?:${between}\\d{3})+`;
  const number = new RegExp(`^([+-]?)(\\d+${grouped}|)(?:${mark}(\\d*))?((?:[eE][+-]?\\d+)?)$`);
  return (text) => {
    const [, sign = "", whole, fraction, exponent = ""] = number.exec(text) ?? [];
    if (whole === undefined) {
      return null;
    }
    return `${sign}${whole.replace(/\D/g, "")}${fraction === undefined ? "" : `.${fraction}`}${exponent}`;
  };
}

const DATE_REGEXPS: Readonly<Record<"dmy" | "mdy" | "ymd", RegExp>> = {
  dmy: /^(?:(?<d>\d{1,2})[./-](?<m>\d{1,2})[./-]|(?<dd>\d{2})(?<mm>\d{2}))(?<y>\d{4})(?:[ T](?<time>.+))?$/,
  mdy: /^(?:(?<m>\d{1,2})[./-](?<d>\d{1,2})[./-]|(?<mm>\d{2})(?<dd>\d{2}))(?<y>\d{4})(?:[ T](?<time>.+))?$/,
  ymd: /^(?<y>\d{4})(?:[./-](?<m>\d{1,2})[./-](?<d>\d{1,2})|(?<mm>\d{2})(?<dd>\d{2}))(?:[ T](?<time>.+))?$/,
};

/** Writes a date in this order as ISO 8601; any other text stays as it is. Null when no rewriting is needed. */
function dateRewriter(
  type: ColumnType,
  order: ImportColumn["dates"],
): ((text: string) => string) | null {
  if (order === undefined) {
    return null;
  }
  return (text) => {
    const parts = DATE_REGEXPS[order].exec(text)?.groups;
    if (parts === undefined) {
      return text;
    }
    const [month = "", day = ""] = [parts.m ?? parts.mm, parts.d ?? parts.dd];
    const date = `${parts.y}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
    const midnight = type === "local-datetime" ? "T00:00" : "";
    return parts.time === undefined ? date + midnight : `${date}T${parts.time}`;
  };
}

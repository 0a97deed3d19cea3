import type { Cell, ColumnType } from "../../formats/rows.ts";
import type { ImportColumn } from "../imports/import-column.ts";
import { sortableDateTime } from "../values/date-time.ts";
import { compareDecimals } from "../values/decimal.ts";
import { quotedList } from "../values/quoted-list.ts";
import { constantCell } from "./constant-cell.ts";

/** Why a cell was refused, in words that complete "the value ...". */
export interface CellProblem {
  readonly reason: string;
}

type Check = (value: string) => CellProblem | null;

export const MISSING: CellProblem = { reason: "must have a value" };

/**
 * Plans the checks of one column.
 *
 * @throws AppError `shape-invalid` when a bound or a listed value is not a value of the column's type
 */
export function cellCheck(column: ImportColumn): (cell: Cell) => Cell | CellProblem {
  const checks = [...lengthChecks(column), ...boundChecks(column), ...listChecks(column)];
  return (cell) => {
    if (cell === null) {
      return column.required ? MISSING : null;
    }
    for (const check of checks) {
      const problem = check(cell);
      if (problem !== null) {
        return problem;
      }
    }
    return cell;
  };
}

function lengthChecks({ minLength, maxLength }: ImportColumn): Check[] {
  if (minLength === undefined && maxLength === undefined) {
    return [];
  }
  const [min, max] = [minLength ?? 0, maxLength ?? Number.POSITIVE_INFINITY];
  return [
    (value) => {
      // a code point is one code unit or two
      if (value.length <= max && value.length >= 2 * min) {
        return null;
      }
      const length = codePoints(value);
      if (length > max) {
        return { reason: `is longer than ${max} characters: it has ${length}` };
      }
      return length < min
        ? { reason: `is shorter than ${min} characters: it has ${length}` }
        : null;
    },
  ];
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) {
    count++;
  }
  return count;
}

function boundChecks(column: ImportColumn): Check[] {
  const { min, max, type } = column;
  const compare = comparison(type);
  const checks: Check[] = [];
  if (min !== undefined) {
    const bound = constantCell(column, min);
    const problem = { reason: `is less than ${bound}` };
    checks.push((value) => (compare(value, bound) < 0 ? problem : null));
  }
  if (max !== undefined) {
    const bound = constantCell(column, max);
    const problem = { reason: `is greater than ${bound}` };
    checks.push((value) => (compare(value, bound) > 0 ? problem : null));
  }
  return checks;
}

/** Compares two canonical texts of a type. NaN is neither less nor greater than any value. */
function comparison(type: ColumnType): (a: string, b: string) => number {
  switch (type) {
    case "integer":
    case "decimal":
      return compareDecimals;
    case "double":
      return (a, b) => Number(a) - Number(b);
    case "time":
      return (a, b) => compareTexts(sortableTime(a), sortableTime(b));
    default:
      return (a, b) => compareTexts(sortableDateTime(a), sortableDateTime(b));
  }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sortableTime(time: string): string {
  return time.includes(".") ? time.replace(/\.?0+$/, "") : time;
}

function listChecks(column: ImportColumn): Check[] {
  if (column.oneOf === undefined) {
    return [];
  }
  const allowed = new Set(column.oneOf.map((text) => constantCell(column, text)));
  const problem = { reason: `is not one of ${quotedList([...allowed])}` };
  return [(value) => (allowed.has(value) ? null : problem)];
}

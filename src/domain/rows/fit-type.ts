import type { ImportColumn } from "../imports/import-column.ts";
import { readWrittenDateTime } from "../values/date-time.ts";
import { readDecimal } from "../values/decimal.ts";
import { nearestFloat, type Rounding, roundDecimal, roundToDay } from "../values/rounding.ts";
import type { CellProblem } from "./cell-check.ts";

/**
 * Handles values that have more digits than their type keeps.
 *
 * | type      | has too many digits                                              | `down`          | `half-up`          |
 * |-----------|------------------------------------------------------------------|-----------------|--------------------|
 * | `integer` | a number with a fraction                                         | without it      | the nearest        |
 * | `double`  | a number that differs from the nearest double, written with all its digits | the nearest double         ||
 * | `date`    | a date with a time of day                                        | that day        | from noon the next |
 *
 * The target itself handles the digits that its column keeps.
 *
 * @returns null for other types; else the result for a text and its converted value
 */
export function fitter({
  type,
  round,
}: ImportColumn): ((text: string, value: string | null) => string | CellProblem | null) | null {
  const how = round === "refuse" ? "down" : round;
  const fitTo = FITTERS[type as keyof typeof FITTERS];
  // for such an integer there is no value that would be stored instead
  if (fitTo === undefined || (type === "integer" && round === "refuse")) {
    return null;
  }
  return (text, value) => {
    const fitted = fitTo(text, value, how);
    return fitted === null || fitted.isExact || round !== "refuse"
      ? (fitted?.text ?? null)
      : {
          reason: `has more digits than a value of type ${type}: it would be stored as ${fitted.text}`,
        };
  };
}

interface Fitted {
  readonly text: string;
  readonly isExact: boolean;
}

/** @returns null for a text that is not a value of the type, even if rounded */
type Fit = (text: string, value: string | null, how: Rounding) => Fitted | null;

const FITTERS: Readonly<Record<"integer" | "double" | "date", Fit>> = {
  integer: (text, value, how) => {
    const plain = readDecimal(text);
    return value === null && plain !== null ? rounded(roundDecimal(plain, 0, how)) : exact(value);
  },
  double: (text, value) => {
    const plain = value === null ? null : readDecimal(text);
    const nearest = plain === null ? null : nearestFloat(plain, "double");
    return nearest !== null && !nearest.isExact ? nearest : exact(value);
  },
  date: (text, value, how) => {
    const read = value === null ? readWrittenDateTime(text) : null;
    return read === null || read.type === "date"
      ? exact(value)
      : rounded(roundToDay(`${text.slice(0, 10)}T${text.slice(11)}`, how));
  },
};

function exact(text: string | null): Fitted | null {
  return text === null ? null : { text, isExact: true };
}

function rounded(text: string | null): Fitted | null {
  return text === null ? null : { text, isExact: false };
}

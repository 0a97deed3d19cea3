interface Field {
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
  /** Further forms of one item; group 1, where there is one, is the value. */
  readonly special: RegExp | null;
}

interface Range {
  readonly from: string;
  readonly to: string;
  readonly step: number;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const SECOND: Field = { unit: "second", min: 0, max: 59, names: [], special: null };
const MINUTE: Field = { unit: "minute", min: 0, max: 59, names: [], special: null };
const HOUR: Field = { unit: "hour", min: 0, max: 23, names: [], special: null };
const DAY: Field = { unit: "day", min: 1, max: 31, names: [], special: /^(?:LW?|(\d{1,2})W)$/ };
const MONTH: Field = { unit: "month", min: 1, max: 12, names: MONTHS, special: null };
const WEEKDAY: Field = {
  unit: "weekday",
  min: 0,
  max: 7,
  names: WEEKDAYS,
  special: /^(\w{1,3})#[1-5L]$/,
};

/**
 * Finds the fault of a cron expression. Accepted is the part of the language that all readers understand alike:
 *
 * | field        | values        | besides `*`, `a`, `a-b`, `a-b/n`, a star with a step, and lists of these by comma |
 * |--------------|---------------|-----------------------------------------------------------------------------------|
 * | second       | 0-59          | only with six fields; with five, the second is 0                                  |
 * | minute       | 0-59          |                                                                                   |
 * | hour         | 0-23          |                                                                                   |
 * | day of month | 1-31          | `L` last day; `LW` last Monday-to-Friday; `15W` the one nearest the 15th          |
 * | month        | 1-12, JAN-DEC |                                                                                   |
 * | weekday      | 0-7, SUN-SAT  | 0 and 7 are Sunday; `MON#1` first Monday of the month, `FRI#L` last Friday        |
 *
 * Some forms are refused because dialects disagree. With a day of month and a weekday, Vixie cron takes either,
 * NCRONTAB both. Quartz alone has `?`, and counts weekdays from 1. The others are `5/10`, ranges that run backwards,
 * years, and nicknames such as `@daily`. Expressions that are never due are refused, too, such as 30 February.
 *
 * @returns the rest of a sentence that begins with the expression, e.g. `has minute 61, which ...`; null when it is
 *   correct
 */
export function cronProblem(expression: string): string | null {
  if (expression.includes("@")) return 'is a nickname; write its fields, e.g. "0 0 * * *"';
  const texts = expression.trim().toUpperCase().split(/\s+/);
  if (texts.length !== 5 && texts.length !== 6) {
    return `has ${texts.length} field(s); write 5 (minute hour day month weekday) or 6 (second first)`;
  }
  const [weekday = "", month = "", day = "", hour = "", minute = "", second = "0"] =
    texts.reverse();
  return (
    fieldProblem(SECOND, second) ??
    fieldProblem(MINUTE, minute) ??
    fieldProblem(HOUR, hour) ??
    fieldProblem(DAY, day) ??
    fieldProblem(MONTH, month) ??
    fieldProblem(WEEKDAY, weekday) ??
    (day === "*" || weekday === "*"
      ? null
      : "restricts both the day of the month and the weekday, which cron dialects read differently; set one of them to *") ??
    (comesDue(day, month) ? null : "is never due: these months have no such day")
  );
}

function fieldProblem(field: Field, text: string): string | null {
  if (text === "*") return null;
  for (const item of text.split(",")) {
    const problem = itemProblem(field, item);
    if (problem !== null) return problem;
  }
  return null;
}

function itemProblem(field: Field, item: string): string | null {
  const special = field.special?.exec(item);
  if (special) return special[1] === undefined ? null : valueProblem(field, special[1]);
  const range = rangeOf(field, item);
  if (range === null) return `has "${item}" in the ${field.unit} field`;
  if (range.step < 1 || range.step > field.max) {
    return `has the step ${range.step} in the ${field.unit} field, which is not in 1-${field.max}`;
  }
  const problem = valueProblem(field, range.from) ?? valueProblem(field, range.to);
  if (problem !== null) return problem;
  return numberOf(field, range.from) <= endOf(field, range.to)
    ? null
    : `has the range ${item} in the ${field.unit} field, which runs backwards`;
}

function valueProblem(field: Field, text: string): string | null {
  const value = numberOf(field, text);
  return value >= field.min && value <= field.max
    ? null
    : `has ${field.unit} ${text}, which is not in ${field.min}-${field.max}`;
}

/** Splits `a`, `a-b`, `a-b/n` or a star with a step; null for anything else. */
function rangeOf(field: Field, item: string): Range | null {
  const [, starStep] = /^\*\/(\d{1,2})$/.exec(item) ?? [];
  if (starStep !== undefined) {
    return { from: `${field.min}`, to: `${field.max}`, step: Number(starStep) };
  }
  const [, from, to, step] = /^(\w+)(?:-(\w+)(?:\/(\d{1,2}))?)?$/.exec(item) ?? [];
  return from === undefined ? null : { from, to: to ?? from, step: Number(step ?? 1) };
}

/** NaN for a text that is neither a number of one or two digits nor a name. */
function numberOf(field: Field, text: string): number {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const index = field.names.indexOf(text);
  return index === -1 ? Number.NaN : index + field.min;
}

/** `FRI-SUN` ends on the Sunday after Friday, not on the one before. */
function endOf(field: Field, text: string): number {
  return text === "SUN" ? field.max : numberOf(field, text);
}

function comesDue(day: string, month: string): boolean {
  if (/[*L]/.test(day)) return true;
  const firstDay = Math.min(...day.split(",").map((item) => Number.parseInt(item, 10)));
  return DAYS_IN_MONTH.some((days, index) => firstDay <= days && hasMonth(month, index + 1));
}

function hasMonth(text: string, month: number): boolean {
  return text.split(",").some((item) => {
    const { from, to, step } = rangeOf(MONTH, item === "*" ? "*/1" : item) as Range;
    const first = numberOf(MONTH, from);
    return month >= first && month <= numberOf(MONTH, to) && (month - first) % step === 0;
  });
}

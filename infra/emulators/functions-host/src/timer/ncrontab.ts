/**
 * NCRONTAB expressions as the platform's timer trigger reads them.
 *
 * Six fields (second minute hour day month day-of-week), or five without the second. Lists, ranges, steps and English
 * names; none of `?`, `L`, `W`, `#`. A range written backwards is swapped (`FRI-MON` means Monday to Friday), and day
 * and day-of-week must BOTH match, unlike in most other crons.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
 */
export interface Ncrontab {
  /** Returns the first occurrence after the instant, by whole seconds in UTC; null when there is none. */
  nextAfter(after: Date): Date | null;
  /** Ranges written backwards, as found: they mean something else than most readers think. */
  readonly swappedRanges: readonly string[];
}

interface FieldKind {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

interface Fields {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly daysOfWeek: ReadonlySet<number>;
}

const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );
const DAYS_OF_WEEK = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

const SECOND: FieldKind = { name: "second", min: 0, max: 59 };
const MINUTE: FieldKind = { name: "minute", min: 0, max: 59 };
const HOUR: FieldKind = { name: "hour", min: 0, max: 23 };
const DAY: FieldKind = { name: "day", min: 1, max: 31 };
const MONTH: FieldKind = { name: "month", min: 1, max: 12, names: MONTHS };
const DAY_OF_WEEK: FieldKind = { name: "day-of-week", min: 0, max: 6, names: DAYS_OF_WEEK };

const DAY_MS = 86_400_000;
/** 29 February on a given weekday comes back within 40 years, even across 2100. */
const HORIZON_DAYS = 41 * 366;

/**
 * Parses an NCRONTAB expression.
 *
 * @throws Error naming the field and the value that is out of its bounds
 */
export function parseNcrontab(text: string): Ncrontab {
  const tokens = text.split(" ").filter((token) => token !== "");
  if (tokens.length !== 5 && tokens.length !== 6) {
    throw new Error(
      `Cannot read schedule "${text}": ${tokens.length} fields, five or six are needed`,
    );
  }
  const [second, minute, hour, day, month, dayOfWeek] = (
    tokens.length === 5 ? ["0", ...tokens] : tokens
  ) as [string, string, string, string, string, string];
  const swappedRanges: string[] = [];
  const values = (kind: FieldKind, token: string) => {
    try {
      return fieldValues(kind, token, swappedRanges);
    } catch (error) {
      throw new Error(`Cannot read schedule "${text}": ${(error as Error).message}`);
    }
  };
  const fields: Fields = {
    seconds: values(SECOND, second),
    minutes: values(MINUTE, minute),
    hours: values(HOUR, hour),
    days: new Set(values(DAY, day)),
    months: new Set(values(MONTH, month)),
    daysOfWeek: new Set(values(DAY_OF_WEEK, dayOfWeek)),
  };
  return { nextAfter: (after) => nextAfter(fields, after), swappedRanges };
}

function fieldValues(kind: FieldKind, token: string, swappedRanges: string[]): number[] {
  const found = new Set<number>();
  for (const item of token.split(",")) {
    const [range = "", stepText, ...rest] = item.split("/");
    if (rest.length > 0 || (stepText !== undefined && !/^\d+$/.test(stepText))) {
      throw new Error(`${kind.name} "${item}" has no whole number after "/"`);
    }
    const step = Math.max(1, Number(stepText ?? 1));
    const [from, to] = bounds(kind, range, { hasStep: step > 1, swappedRanges });
    for (let value = from; value <= to; value += step) {
      found.add(value);
    }
  }
  return [...found].sort((a, b) => a - b);
}

function bounds(
  kind: FieldKind,
  range: string,
  context: { hasStep: boolean; swappedRanges: string[] },
): [number, number] {
  if (range === "*") {
    return [kind.min, kind.max];
  }
  const [fromText = "", toText, ...rest] = range.split("-");
  if (rest.length > 0) {
    throw new Error(`${kind.name} "${range}" is no range`);
  }
  const from = fieldValue(kind, fromText);
  if (toText === undefined) {
    // "5/10" is "from 5 on, every 10th", as in NCrontab.
    return [from, context.hasStep ? kind.max : from];
  }
  const to = fieldValue(kind, toText);
  if (from > to) {
    context.swappedRanges.push(range);
    return [to, from];
  }
  return [from, to];
}

function fieldValue(kind: FieldKind, text: string): number {
  if (/^\d+$/.test(text)) {
    const value = Number(text);
    if (value < kind.min || value > kind.max) {
      throw new Error(`${kind.name} ${text} is not between ${kind.min} and ${kind.max}`);
    }
    return value;
  }
  const index = (kind.names ?? []).findIndex(
    (name) => text !== "" && name.toLowerCase().startsWith(text.toLowerCase()),
  );
  if (index < 0) {
    throw new Error(`${kind.name} "${text}" is no ${kind.name}`);
  }
  return kind.min + index;
}

function nextAfter(fields: Fields, after: Date): Date | null {
  const startMs = Math.floor(after.getTime() / 1000) * 1000 + 1000;
  const firstDayMs = Math.floor(startMs / DAY_MS) * DAY_MS;
  for (let day = 0; day < HORIZON_DAYS; day += 1) {
    const dayMs = firstDayMs + day * DAY_MS;
    const ofDay = isDueDay(fields, new Date(dayMs))
      ? firstSecondOfDay(fields, day === 0 ? (startMs - dayMs) / 1000 : 0)
      : null;
    if (ofDay !== null) {
      return new Date(dayMs + ofDay * 1000);
    }
  }
  return null;
}

function isDueDay(fields: Fields, day: Date): boolean {
  return (
    fields.months.has(day.getUTCMonth() + 1) &&
    fields.days.has(day.getUTCDate()) &&
    fields.daysOfWeek.has(day.getUTCDay())
  );
}

function firstSecondOfDay(fields: Fields, from: number): number | null {
  for (const hour of fields.hours.filter((each) => each * 3600 + 3599 >= from)) {
    for (const minute of fields.minutes.filter((each) => hour * 3600 + each * 60 + 59 >= from)) {
      const base = hour * 3600 + minute * 60;
      const second = fields.seconds.find((each) => base + each >= from);
      if (second !== undefined) {
        return base + second;
      }
    }
  }
  return null;
}

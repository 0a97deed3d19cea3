import { Cron } from "croner";

/**
 * NCRONTAB expressions as the platform's timer trigger reads them.
 *
 * Six fields (second minute hour day month day-of-week), or five without the second. They may hold lists, ranges, steps
 * and English names, but not `?`, `L`, `W` or `#`. A range written backwards is swapped (`FRI-MON` means Monday to
 * Friday). Day and day-of-week must BOTH match, unlike in most other crons.
 *
 * croner finds the dates. It reads some expressions differently, so it gets each field as a list of numbers.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
 */
export interface Ncrontab {
  /** The first occurrence after the instant, by whole seconds in UTC; null when there is none. */
  nextAfter(after: Date): Date | null;
  /** Ranges written backwards, as found. Most readers misunderstand them. */
  readonly swappedRanges: readonly string[];
}

interface FieldKind {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );
const DAYS_OF_WEEK = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

const FIELDS: readonly FieldKind[] = [
  { name: "second", min: 0, max: 59 },
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: MONTHS },
  { name: "day-of-week", min: 0, max: 6, names: DAYS_OF_WEEK },
];

/**
 * Parses an NCRONTAB expression.
 *
 * @throws Error that names the field and the value out of its bounds
 */
export function parseNcrontab(text: string): Ncrontab {
  const tokens = text.split(" ").filter((token) => token !== "");
  if (tokens.length !== 5 && tokens.length !== 6) {
    throw new Error(
      `Cannot read schedule "${text}": ${tokens.length} fields, five or six are needed`,
    );
  }
  const swappedRanges: string[] = [];
  const values = (kind: FieldKind, index: number) =>
    fieldValues(kind, tokens.at(index - FIELDS.length) ?? "0", swappedRanges).join(",");
  try {
    const fields = FIELDS.map(values);
    const cron = new Cron(fields.join(" "), { timezone: "UTC", domAndDow: true, paused: true });
    return { nextAfter: (after) => cron.nextRun(after), swappedRanges };
  } catch (error) {
    throw new Error(`Cannot read schedule "${text}": ${(error as Error).message}`);
  }
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
    throw new Error(`${kind.name} "${range}" is not a range`);
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
    throw new Error(`${kind.name} "${text}" is not a valid ${kind.name}`);
  }
  return kind.min + index;
}

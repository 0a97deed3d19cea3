import { quotedList } from "../../../domain/values/quoted-list.ts";
import { numericPrecision, numericScale } from "./encoders.ts";
import type { TableType } from "./target-table.ts";

/** The values of a type, in words that complete "the value ...". */
export function expectation(type: TableType): string {
  const { id, sql, modifier, labels, element } = type;
  if (labels.length > 0) {
    return `must be one of ${quotedList(labels)}`;
  }
  if (element !== null) {
    return `must be a JSON array of values for ${sql}`;
  }
  if (id === NUMERIC && modifier !== -1) {
    return numericExpectation(modifier);
  }
  if (CHARACTERS.has(id) && modifier !== -1) {
    return `must have at most ${modifier - 4} characters`;
  }
  const expected = EXPECTATIONS[id];
  if (expected === undefined) {
    return `must be of type ${sql}`;
  }
  return WITH_SECONDS.has(id) ? `${expected}, ${digitsOfSeconds(modifier)}` : expected;
}

function digitsOfSeconds(modifier: number): string {
  return `with at most ${modifier === -1 ? 6 : modifier} digits behind the seconds`;
}

/** PostgreSQL's own types have lower ids than types that users made. */
const FIRST_OWN_TYPE = 16_384;

/** The same without the name of a type that a user made; undefined where there is no such name. */
export function partnerExpectation(type: TableType): string | undefined {
  const { id, labels, element } = type;
  if (element !== null && element.id >= FIRST_OWN_TYPE) {
    return "must be a JSON array of values that the target takes";
  }
  const isOwn = id >= FIRST_OWN_TYPE && labels.length === 0 && element === null;
  return isOwn ? "must be a value that the target takes" : undefined;
}

const NUMERIC = 1700;
/** time, timetz, timestamp, timestamptz */
const WITH_SECONDS: ReadonlySet<number> = new Set([1083, 1266, 1114, 1184]);
/** char(n) and varchar(n). */
const CHARACTERS: ReadonlySet<number> = new Set([1042, 1043]);

const EXPECTATIONS: Readonly<Record<number, string>> = {
  16: "must be true or false",
  17: "must be base64",
  21: "must be a whole number from -32768 to 32767",
  23: "must be a whole number from -2147483648 to 2147483647",
  20: "must be a whole number from -9223372036854775808 to 9223372036854775807",
  700: "must be a number that single precision holds",
  701: "must be a number that double precision holds",
  [NUMERIC]: "must be a number",
  114: "must be a JSON text",
  3802: "must be a JSON text without \\u0000",
  1082: "must be a date, YYYY-MM-DD",
  1083: "must be a time, HH:MM:SS",
  1266: "must be a time with a zone, HH:MM:SSZ",
  1114: "must be a date and time, YYYY-MM-DDTHH:MM:SS",
  1184: "must be a date and time with a zone, YYYY-MM-DDTHH:MM:SSZ",
  2950: "must be a UUID",
};

function numericExpectation(modifier: number): string {
  const [precision, scale] = [numericPrecision(modifier), numericScale(modifier)];
  if (scale < 0 || scale > precision) {
    return `must be a number that fits numeric(${precision},${scale})`;
  }
  return `must be a number with at most ${precision - scale} digits before the decimal point and ${scale} after it`;
}

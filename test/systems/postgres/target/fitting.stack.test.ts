import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Rounding } from "../../../../src/domain/values/rounding.ts";
import { aRequest, type Database, startDatabase, writeAll } from "./database.ts";

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
  await database.admin.query(`
    create domain cents as numeric(8,2);
    create domain price as cents;
    create type amount as (value numeric(8,2), currency char(4))`);
});
afterAll(() => database.stop());

/** Writes one value. @returns what is stored, or why it was refused */
async function store(type: string, cell: string, round?: Rounding): Promise<unknown> {
  await database.admin.query(`drop table if exists one; create table one (v ${type})`);
  const request = aRequest("v");
  const columns = request.columns.map((column) => (round ? { ...column, round } : column));
  const failures = await writeAll(
    database.target({ table: "public.one", mode: "insert" }),
    { ...request, columns },
    [[cell]],
  );
  const rows = await database.rows("select v from one");
  return failures.length > 0 ? `refused: ${failures[0]?.reason}` : rows[0]?.[0];
}

const NET_MAX = "9999-12-31T23:59:59.9999999";

/**
 * A value that a type cannot keep, the value that would be stored, and the stored value for each way to round; null:
 * refused.
 */
const TOO_MUCH: readonly (readonly [
  type: string,
  cell: string,
  stored: string,
  down: string | null,
  halfUp: string | null,
])[] = [
  [
    "timestamptz",
    "2024-12-31T23:59:59.9999999Z",
    "2025-01-01T00:00:00Z",
    "2024-12-31 23:59:59.999999+00",
    "2025-01-01 00:00:00+00",
  ],
  ["timestamp", NET_MAX, "a time beyond", "9999-12-31 23:59:59.999999", null],
  [
    "timestamp(3)",
    "2024-02-29T10:00:00.1235",
    "2024-02-29T10:00:00.124",
    "2024-02-29 10:00:00.123",
    "2024-02-29 10:00:00.124",
  ],
  [
    "timestamp(0)",
    "2024-02-29T23:59:59.5",
    "2024-03-01T00:00:00",
    "2024-02-29 23:59:59",
    "2024-03-01 00:00:00",
  ],
  ["time", "23:59:59.9999999", "a time beyond", "23:59:59.999999", null],
  ["time(2)", "10:00:00.125", "10:00:00.13", "10:00:00.12", "10:00:00.13"],
  [
    "timetz",
    "10:00:00.1234567+02",
    "10:00:00.123457+02",
    "10:00:00.123456+02",
    "10:00:00.123457+02",
  ],
  ["date", "2024-12-31T12:00:00", "2024-12-31", "2024-12-31", "2025-01-01"],
  ["numeric(8,2)", "1.505", "1.51", "1.50", "1.51"],
  ["cents", "-1.505", "-1.51", "-1.50", "-1.51"],
  ["numeric(4,-2)", "1250", "1300", "1200", "1300"],
  ["integer", "1.5", "2", "1", "2"],
  ["smallint", "-0.4", "0", "0", "0"],
  ["real", "3.14159265358979", "3.1415927", "3.1415927", "3.1415927"],
  ["real", "16777217", "16777216", "1.6777216e+07", "1.6777216e+07"],
  [
    "float8",
    "0.12345678901234567891",
    "0.12345678901234568",
    "0.12345678901234568",
    "0.12345678901234568",
  ],
  ["varchar(3)", "abc  ", "abc", null, null],
  ["char(3)", "ab  ", "ab ", null, null],
  ["numeric(8,2)[]", "[1.5, 1.505]", "1.51", "{1.50,1.50}", "{1.50,1.51}"],
  ["numeric(8,2)[]", "{1.5,1.505}", "1.51", "{1.50,1.50}", "{1.50,1.51}"],
  [
    "timestamp(3)[]",
    '["2024-02-29T10:00:00.1235"]',
    "2024-02-29T10:00:00.124",
    '{"2024-02-29 10:00:00.123"}',
    '{"2024-02-29 10:00:00.124"}',
  ],
  ["price[]", "[1.5, 1.505]", "1.51", "{1.50,1.50}", "{1.50,1.51}"],
  ["point", "(0.12345678901234567891,1)", "(0.12345678901234568,1)", null, null],
  ["box[]", '["(0.12345678901234567891,1),(0,0)"]', "(0.12345678901234568,1),(0,0)", null, null],
  ["date[]", '["2024-02-29T10:00:00Z"]', "2024-02-29", "{2024-02-29}", "{2024-02-29}"],
  ["real[]", "[16777217]", "16777216", "{1.6777216e+07}", "{1.6777216e+07}"],
  ["varchar(2)[]", '["ab "]', "ab", null, null],
];

describe("a value with more than the column keeps is refused, or rounded where that is said:", () => {
  test.each(TOO_MUCH)("%s %s", async (...[type, cell, stored, down, halfUp]) => {
    expect(await store(type, cell)).toMatch(/^refused: must .*; it would be stored as /);
    expect(await store(type, cell)).toContain(`; it would be stored as ${stored}`);
    expect(await store(type, cell, "down")).toEqual(down ?? expect.stringContaining("refused"));
    expect(await store(type, cell, "half-up")).toEqual(
      halfUp ?? expect.stringContaining("refused"),
    );
  });
});

test.each([
  ["timestamptz", "2024-02-29T10:00:00.1234560Z", "2024-02-29 10:00:00.123456+00"],
  ["timestamptz", "2024-02-29 10:00:00.0000000 +02:00", "2024-02-29 08:00:00+00"],
  ["timestamptz", "2024-02-29 10:00:00+02", "2024-02-29 08:00:00+00"],
  ["timestamptz", "2024-02-29T10:00:00+0230", "2024-02-29 07:30:00+00"],
  ["timestamp", "2024-02-29T10:00:00+02:00", "2024-02-29 08:00:00"],
  ["timestamp(0)", "2024-02-29T10:00:00.000", "2024-02-29 10:00:00"],
  ["date", "2024-02-29 00:00:00.000", "2024-02-29"],
  ["date", "2024-02-29T00:00:00Z", "2024-02-29"],
  ["time", "10:00", "10:00:00"],
  ["numeric(8,2)", ".5", "0.50"],
  ["numeric(8,2)", "5.", "5.00"],
  ["integer", "5.00", "5"],
  ["bigint", "1e3", "1000"],
  ["real", "0.1", "0.1"],
  ["real", "0.10000000149011612", "0.1"],
  ["real", "NaN", "NaN"],
  ["float8", "0.10000000000000001", "0.1"],
  ["float8", "-Infinity", "-Infinity"],
  ["varchar(3)", "abc", "abc"],
  ["varchar(3)", "\u{1F69A}\u{1F69A}\u{1F69A}", "\u{1F69A}\u{1F69A}\u{1F69A}"],
  ["char(3)", "ab", "ab "],
  ["text", "ab  ", "ab  "],
  ["interval", "PT1.123456S", "00:00:01.123456"],
  ["interval hour to minute", "P1DT2H3M", "1 day 02:03:00"],
  ["interval hour to minute", "1 day 02:03:00", "1 day 02:03:00"],
  ["interval year to month", "1 year 2 mons", "1 year 2 mons"],
  ["interval year to month", "-1 year +2 mons", "-10 mons"],
  ["interval day", "P1WT0S", "7 days"],
  ["interval day to second(2)", "1 day 00:00:01.25", "1 day 00:00:01.25"],
  ["money", "$1,000.50", "$1,000.50"],
  ["daterange", "[2024-01-01 00:00:00,2024-02-01)", "[2024-01-01,2024-02-01)"],
  ["point", "(0.1,-1e3)", "(0.1,-1000)"],
  ["price[]", "{1.50}", "{1.50}"],
  ["numeric[]", "[1.505]", "{1.505}"],
])("%s takes %s", async (type, cell, stored) => {
  expect(await store(type, cell)).toBe(stored);
});

test.each([
  ["timestamptz", "9999-12-31T23:59:59-01:00", "must be a date and time with a zone"],
  ["timestamptz", "10000-01-01T00:00:00Z", "must be a date and time"],
  ["timestamp", "2024-02-29 10:00 PM", "must be a date and time"],
  ["time", "24:00:00", "must be a time"],
  ["interval", "PT1.1234567S", "must have at most 6 digits"],
  ["interval(0)", "PT1.5S", "must have at most 0 digits"],
  ["tsrange", "[2024-01-01 00:00:00.1234567,)", "must have at most 6 digits"],
  ["interval hour to minute", "PT2H3M4S", "must be an interval, such as P1D, with nothing finer"],
  ["interval hour to minute", "02:03:04", "must be an interval"],
  ["interval day", "1 day 3 hours", "must be an interval"],
  ["interval day", "1.5 days", "must be an interval"],
  ["interval year", "P14M", "must be an interval"],
  ["interval hour", "90 minutes", "must be an interval"],
  ["money", "$1.005", "must have at most 2 digits"],
  ["daterange", "[2024-01-01 12:00,2024-02-01)", "must have days without a time of day"],
  ["datemultirange", "{[2024-01-01T12:00:00,)}", "must have days without a time of day"],
  ["smallint", "32768", "must be a whole number from -32768 to 32767"],
  ["bigint", "9223372036854775808", "must be a whole number from"],
  ["real", "1e39", "must be a number that single precision holds"],
  ["varchar(3)", "abcd", "must have at most 3 characters"],
  ["name", "x".repeat(64), "must have at most 63 byte(s)"],
  ['"char"', "ab", "must have at most 1 byte(s)"],
  ["numeric(4,2)", "123.45", "must be a number with at most 2 digits before"],
])("%s refuses %s", async (type, cell, reason) => {
  expect(await store(type, cell)).toContain(`refused: ${reason}`);
});

test.each(["amount", "amount[]"])(
  "%s, whose parts would be changed, is not a column to write to",
  async (type) => {
    await expect(store(type, "(1.005,x)")).rejects.toMatchObject({
      code: "target-invalid",
      message: expect.stringContaining('column "v" is of the composite type amount'),
    });
  },
);

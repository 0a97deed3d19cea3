import { Cron } from "croner";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cronProblem } from "../../../src/domain/exports/cron-expression.ts";

test.each([
  "* * * * *",
  "*/5 * * * * *",
  "0 6 * * MON-FRI",
  "0 6 * * fri-sun",
  "0 0 L * *",
  "0 0 LW * *",
  "0 0 15W,L * *",
  "0 0 * * MON#1,FRI#L",
  "0 0 * JAN-MAR/2 7",
  "15,45 8-18/2 * * *",
  "0 0 29 2 *",
  "0 0 31 1,2 *",
  "  0   0 * * *  ",
])("cronProblem accepts %j, and croner finds its next slot", (expression) => {
  expect(cronProblem(expression)).toBeNull();
  const next = new Cron(expression, { timezone: "UTC", mode: "5-or-6-parts" }).nextRun(
    new Date("2026-01-01T00:00:00Z"),
  );
  expect(next).toBeInstanceOf(Date);
});

test.each([
  ["61 * * * *", "has minute 61, which is not in 0-59"],
  ["60 * * * * *", "has second 60, which is not in 0-59"],
  ["0 24 * * *", "has hour 24, which is not in 0-23"],
  ["0 0 0 * *", "has day 0, which is not in 1-31"],
  ["0 0 32W * *", "has day 32, which is not in 1-31"],
  ["0 0 * 13 *", "has month 13, which is not in 1-12"],
  ["0 0 * JANUARY *", "has month JANUARY, which is not in 1-12"],
  ["0 0 * * 8", "has weekday 8, which is not in 0-7"],
  ["0 0 * * MON#6", 'has "MON#6" in the weekday field'],
  ["0 0 L-3 * *", "has day L, which is not in 1-31"],
  ["0 22-2 * * *", "has the range 22-2 in the hour field, which runs backwards"],
  ["0 0 * * SUN-", 'has "SUN-" in the weekday field'],
  ["*/0 * * * *", "has the step 0 in the minute field, which is not in 1-59"],
  ["*/60 * * * *", "has the step 60 in the minute field, which is not in 1-59"],
  ["5/10 * * * *", 'has "5/10" in the minute field'],
  ["*,5 * * * *", 'has "*" in the minute field'],
  ["1,,2 * * * *", 'has "" in the minute field'],
  ["0 0 ? * MON", 'has "?" in the day field'],
  ["0 0 1 * +MON", 'has "+MON" in the weekday field'],
  ["-1 * * * *", 'has "-1" in the minute field'],
  ["0 0 1 * MON", "restricts both the day of the month and the weekday"],
  ["0 0 */2 * MON", "restricts both the day of the month and the weekday"],
  ["0 0 30 2 *", "is never due"],
  ["0 0 31 2-6/2 *", "is never due"],
  ["0 0 31W,31 NOV *", "is never due"],
  ["@daily", "is a nickname"],
  ["2026-01-01T00:00:00", "has 1 field(s)"],
  ["0 0 1 1 * 2027 *", "has 7 field(s)"],
  ["", "has 1 field(s)"],
])("cronProblem refuses %j: it %s", (expression, problem) => {
  expect(cronProblem(expression)).toContain(problem);
});

/** Mostly valid, so that both outcomes are met. */
const field = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("*", "*/2", "0", "05", "5", "1-5", "1-5/2", "5,6") },
  { weight: 2, arbitrary: fc.constantFrom("L", "LW", "15W", "30", "31", "MON", "SUN", "MON-SUN") },
  { weight: 1, arbitrary: fc.constantFrom("MON#1", "FRI#L", "JAN", "FEB", "0-7", "7", "?") },
  { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
);

test("cronProblem accepts nothing that croner refuses or that is never due", () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(field, { minLength: 5, maxLength: 6 }), (fields) => {
      const expression = fields.join(" ");
      if (cronProblem(expression) !== null) return;
      accepted++;
      const cron = new Cron(expression, { timezone: "UTC", mode: "5-or-6-parts" });
      expect(cron.nextRun(new Date("2026-01-01T00:00:00Z"))).toBeInstanceOf(Date);
    }),
    { numRuns: 3_000 },
  );
  expect(accepted).toBeGreaterThan(30);
});

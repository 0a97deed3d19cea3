import { expect, test } from "vitest";
import { isPassingStatus, retryAfterMs } from "../../../src/systems/http-json/retry.ts";

const SENT = "Sun, 01 Mar 2026 10:00:00 GMT";

test.each([
  ["40", 40_000],
  ["0", 0],
  ["2.5", 2_500],
  ["0.001", 1],
  ["Sun, 01 Mar 2026 10:00:30 GMT", 30_000],
  ["Sunday, 01-Mar-26 10:00:30 GMT", 30_000],
  ["Sun Mar  1 10:00:30 2026", 30_000],
  ["2026-03-01T10:00:30Z", 30_000],
  ["2026-03-01T11:00:30+01:00", 30_000],
  ["Sun, 01 Mar 2026 09:00:00 GMT", 0],
  ["", null],
  ["soon", null],
  ["-5", null],
  ["1e3", null],
  ["2,5", null],
  ["5 minutes", null],
  ["Sun, 99 Mar 2026 10:00:30 GMT", null],
])("Retry-After: %s is read as %s ms", (value, expected) => {
  const headers = new Headers({ "retry-after": value, date: SENT });

  expect(retryAfterMs(headers)).toBe(expected);
});

test("a date without the server's own is held against our clock", () => {
  const inAMinute = new Date(Date.now() + 60_000).toUTCString();

  const waitMs = retryAfterMs(new Headers({ "retry-after": inAMinute })) ?? 0;

  expect(Math.abs(waitMs - 60_000)).toBeLessThan(5_000);
});

test.each([408, 423, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 524, 529, 530, 598])(
  "status %i may pass by itself",
  (status) => expect(isPassingStatus(status)).toBe(true),
);

test.each([200, 304, 400, 401, 403, 404, 409, 410, 422, 451, 501, 505])(
  "status %i does not pass by itself",
  (status) => expect(isPassingStatus(status)).toBe(false),
);

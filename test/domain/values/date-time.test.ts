import fc from "fast-check";
import { expect, test } from "vitest";
import {
  readDate,
  readDateTime,
  readTime,
  sortableDateTime,
} from "../../../src/domain/values/date-time.ts";

test.each(["2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "2023-04-30"])(
  "readDate takes %s",
  (text) => {
    expect(readDate(text)).toBe(text);
  },
);

test.each([
  "2023-02-29",
  "1900-02-29",
  "2024-04-31",
  "2024-13-01",
  "2024-00-10",
  "2024-01-00",
  "0000-01-01",
  "2024-1-1",
  "20240101",
  " 2024-01-01",
  "",
])("readDate refuses %j", (text) => {
  expect(readDate(text)).toBeNull();
});

test.each([
  ["08:30", "08:30:00"],
  ["23:59:59", "23:59:59"],
  ["23:59:59.123456789", "23:59:59.123456789"],
])("readTime reads %s as %s", (text, time) => {
  expect(readTime(text)).toBe(time);
});

test.each([
  "24:00:00",
  "23:60",
  "23:59:60",
  "8:30",
  "08:30:00.",
  "08:30:00Z",
  "08:30:00.1234567890",
])("readTime refuses %j", (text) => {
  expect(readTime(text)).toBeNull();
});

test.each([
  ["2024-02-29", { type: "date", value: "2024-02-29" }],
  ["2024-02-29T08:30", { type: "local-datetime", value: "2024-02-29T08:30:00" }],
  ["2024-02-29 08:30:01.5", { type: "local-datetime", value: "2024-02-29T08:30:01.5" }],
  ["2024-02-29T08:30:01.123456Z", { type: "datetime", value: "2024-02-29T08:30:01.123456Z" }],
  ["2024-02-29t08:30z", { type: "datetime", value: "2024-02-29T08:30:00Z" }],
  ["2024-03-01T00:30:59.999+01:00", { type: "datetime", value: "2024-02-29T23:30:59.999Z" }],
  ["2024-12-31T23:30:00-00:45", { type: "datetime", value: "2025-01-01T00:15:00Z" }],
  ["0099-06-01T00:00:00+02:00", { type: "datetime", value: "0099-05-31T22:00:00Z" }],
])("readDateTime reads %s", (text, value) => {
  expect(readDateTime(text)).toEqual(value);
});

test.each([
  "",
  "2024",
  "2024-02-29T",
  "2024-02-29X08:30",
  "2024-02-29T08:30+1:00",
  "2024-02-29T08:30+24:00",
  "2024-02-30T00:00Z",
  "0001-01-01T00:00:00+01:00",
  "9999-12-31T23:59:59-00:01",
  "2024-02-29T08:30Z ",
])("readDateTime refuses %j", (text) => {
  expect(readDateTime(text)).toBeNull();
});

test("readDateTime agrees with Date on instants", () => {
  const offset = fc.integer({ min: -23 * 60, max: 23 * 60 });
  fc.assert(
    fc.property(
      fc.date({ min: new Date("0002-01-01"), max: new Date("9998-12-31"), noInvalidDate: true }),
      offset,
      (date, minutes) => {
        const wallClock = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
        const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
        const zone = `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;

        expect(readDateTime(wallClock + zone)).toEqual({
          type: "datetime",
          value: date.toISOString(),
        });
      },
    ),
  );
});

test.each([
  ["2024-02-29", "2024-02-29T00:00:00"],
  ["2024-02-29T10:00:00Z", "2024-02-29T10:00:00"],
  ["2024-02-29T10:00:00.500Z", "2024-02-29T10:00:00.5"],
  ["2024-02-29T10:00:00.000Z", "2024-02-29T10:00:00"],
  ["2024-02-29T10:00:10", "2024-02-29T10:00:10"],
  ["10:00:00.10", "10:00:00.1"],
])("sortableDateTime makes %s into %s", (canonical, sortable) => {
  expect(sortableDateTime(canonical)).toBe(sortable);
});

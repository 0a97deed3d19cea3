import fc from "fast-check";
import { expect, test } from "vitest";
import {
  fitsScale,
  fitsSeconds,
  nearestFloat,
  type Rounding,
  roundDecimal,
  roundSeconds,
  roundToDay,
} from "../../../src/domain/values/rounding.ts";

test.each<[text: string, scale: number, down: string, halfUp: string]>([
  ["1.505", 2, "1.50", "1.51"],
  ["1.504", 2, "1.50", "1.50"],
  ["-1.505", 2, "-1.50", "-1.51"],
  ["0.5", 0, "0", "1"],
  ["-0.4", 0, "0", "0"],
  ["9.99", 1, "9.9", "10.0"],
  ["1250", -2, "1200", "1300"],
  ["49", -2, "0", "0"],
  ["50", -2, "0", "100"],
  ["5", -3, "0", "0"],
  ["1", 2, "1.00", "1.00"],
  [
    "123456789012345678901234567890.125",
    2,
    "123456789012345678901234567890.12",
    "123456789012345678901234567890.13",
  ],
])("%s to %i digits", (...[text, scale, down, halfUp]) => {
  expect([roundDecimal(text, scale, "down"), roundDecimal(text, scale, "half-up")]).toEqual([
    down,
    halfUp,
  ]);
});

test("a rounded decimal fits, and what fits is not changed", () => {
  const number = fc
    .bigInt({ min: -(10n ** 20n), max: 10n ** 20n })
    .map((digits) => digits.toString());
  fc.assert(
    fc.property(
      number,
      fc.nat(8),
      fc.integer({ min: -4, max: 8 }),
      fc.constantFrom<Rounding>("down", "half-up"),
      (...[whole, zeros, scale, how]) => {
        const text = `${whole}.${"0".repeat(zeros)}5`;
        const rounded = roundDecimal(text, scale, how);
        expect(fitsScale(rounded, scale)).toBe(true);
        expect(Number(roundDecimal(rounded, scale, how))).toBe(Number(rounded));
        expect(Math.abs(Number(text) - Number(rounded))).toBeLessThanOrEqual(
          10 ** -scale * 1.0001 + Math.abs(Number(text)) * 1e-15,
        );
      },
    ),
  );
});

test.each<[text: string, digits: number, down: string, halfUp: string | null]>([
  ["2024-12-31T23:59:59.9999999", 6, "2024-12-31T23:59:59.999999", "2025-01-01T00:00:00"],
  ["9999-12-31T23:59:59.9999999", 6, "9999-12-31T23:59:59.999999", null],
  ["23:59:59.9999999", 6, "23:59:59.999999", null],
  ["10:00:00.5", 0, "10:00:00", "10:00:01"],
  ["10:00:59.95", 1, "10:00:59.9", "10:01:00"],
  ["10:00:00.049", 1, "10:00:00.0", "10:00:00.0"],
  ["10:00:00", 3, "10:00:00", "10:00:00"],
])("%s to %i digits of a second", (...[text, digits, down, halfUp]) => {
  expect([roundSeconds(text, digits, "down"), roundSeconds(text, digits, "half-up")]).toEqual([
    down,
    halfUp,
  ]);
});

test("zeros at the end of a second's fraction count for nothing", () => {
  expect(fitsSeconds("10:00:00.1230000", 3)).toBe(true);
  expect(fitsSeconds("10:00:00.1234000", 3)).toBe(false);
  expect(fitsSeconds("10:00:00", 0)).toBe(true);
});

test("a day is the one that it is, or from noon on the next", () => {
  expect(roundToDay("2024-12-31T12:00:00", "half-up")).toBe("2025-01-01");
  expect(roundToDay("2024-12-31T11:59:59", "half-up")).toBe("2024-12-31");
  expect(roundToDay("9999-12-31T12:00:00", "half-up")).toBe(null);
  expect(roundToDay("2024-12-31T23:59:59", "down")).toBe("2024-12-31");
});

test.each([
  ["0.1", "single", { text: "0.1", isExact: true }],
  ["0.10000000149011612", "single", { text: "0.1", isExact: true }],
  ["0.100000001", "single", { text: "0.1", isExact: true }],
  ["0.1000000015", "single", { text: "0.1", isExact: false }],
  [`34028235${"0".repeat(31)}`, "single", { text: "3.4028235e+38", isExact: true }],
  ["3.14159265358979", "single", { text: "3.1415927", isExact: false }],
  ["16777217", "single", { text: "16777216", isExact: false }],
  ["16777216.00", "single", { text: "16777216", isExact: true }],
  [`1${"0".repeat(39)}`, "single", null],
  ["0.1", "double", { text: "0.1", isExact: true }],
  ["0.10000000000000001", "double", { text: "0.1", isExact: true }],
  ["0.12345678901234567891", "double", { text: "0.12345678901234568", isExact: false }],
  ["9007199254740993", "double", { text: "9007199254740992", isExact: false }],
  ["0", "double", { text: "0", isExact: true }],
  ["-0.00", "double", { text: "0", isExact: true }],
] as const)("the nearest float of %s, %s", (plain, type, expected) => {
  const nearest = nearestFloat(plain, type);
  expect(nearest === null ? null : { ...nearest, text: nearest.text.replace("-0", "0") }).toEqual(
    expected,
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { compareDecimals, plainDecimal } from "../../../src/domain/values/decimal.ts";

test.each([
  ["0", "0"],
  ["-0", "0"],
  ["-0.00", "0.00"],
  ["+007.50", "7.50"],
  ["000", "0"],
  ["00.5", "0.5"],
  ["1e3", "1000"],
  ["-1.5e3", "-1500"],
  ["1.2345e2", "123.45"],
  ["12e-1", "1.2"],
  ["5e-324", `0.${"0".repeat(323)}5`],
  ["1.50e+1", "15.0"],
  ["0e5", "0"],
  ["99999999999999999999999999999999999999.9", "99999999999999999999999999999999999999.9"],
])("plainDecimal reads %s as %s", (text, plain) => {
  expect(plainDecimal(text)).toBe(plain);
});

test.each([
  "",
  " 1",
  "1 ",
  ".5",
  "5.",
  "1,5",
  "0x10",
  "1e",
  "1e401",
  "1e-401",
  "1e99999",
  "NaN",
  "Infinity",
  "--1",
  "１",
])("plainDecimal refuses %j", (text) => {
  expect(plainDecimal(text)).toBeNull();
});

test("plainDecimal keeps the value of every finite double", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const plain = plainDecimal(String(number)) ?? "";

      expect(plain).toMatch(/^-?[0-9]+(?:\.[0-9]+)?$/);
      expect(Number(plain)).toBe(number === 0 ? 0 : number);
    }),
  );
});

test.each([
  ["1", "1.000", 0],
  ["-0", "0.0", 0],
  ["007", "7", 0],
  ["9007199254740993", "9007199254740992", 1],
  ["0.1", "0.10000000000000000001", -1],
  ["-2", "1", -1],
  ["1", "-2", 1],
  ["-10", "-9", -1],
  ["10", "9", 1],
  ["0.9", "0.10", 1],
  ["12345678901234567890123456789012345678.1", "12345678901234567890123456789012345678.2", -1],
])("compareDecimals orders %s and %s: %i", (a, b, order) => {
  expect(Math.sign(compareDecimals(a, b))).toBe(order);
  expect(Math.sign(compareDecimals(b, a))).toBe(order === 0 ? 0 : -order);
});

const SCALE = 6n;

test("compareDecimals agrees with whole numbers of millionths", () => {
  const millionths = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
  fc.assert(
    fc.property(millionths, millionths, (a, b) => {
      const order = compareDecimals(asDecimal(a), asDecimal(b));

      // zero may be negative zero
      expect([order < 0, order > 0]).toEqual([a < b, a > b]);
    }),
  );
});

function asDecimal(millionths: bigint): string {
  const magnitude = millionths < 0n ? -millionths : millionths;
  const fraction = String(magnitude % 10n ** SCALE).padStart(Number(SCALE), "0");
  return `${millionths < 0n ? "-" : ""}${magnitude / 10n ** SCALE}.${fraction}`;
}

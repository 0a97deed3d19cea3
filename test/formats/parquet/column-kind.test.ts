import { expect, test } from "vitest";
import { columnKind } from "../../../src/formats/parquet/column-kind.ts";
import type { Column } from "../../../src/formats/rows.ts";

const price = { precision: 5, scale: 2 };

const VALUES: readonly (readonly [Omit<Column, "name">, string, unknown])[] = [
  [{ type: "date" }, "1970-01-01", 0],
  [{ type: "date" }, "1969-12-31", -1],
  [{ type: "date" }, "0001-01-01", -719_162],
  [{ type: "date" }, "9999-12-31", 2_932_896],
  [{ type: "time" }, "23:59:59.999999", 86_399_999_999n],
  [{ type: "time" }, "12:00:00.5", 43_200_500_000n],
  [{ type: "time" }, "00:00:01.000001000", 1_000_001n],
  [{ type: "datetime" }, "1970-01-02T00:00:00Z", 86_400_000_000n],
  [{ type: "datetime" }, "1969-12-31T23:59:59.999999Z", -1n],
  [{ type: "local-datetime" }, "9999-12-31T23:59:59.999999", 253_402_300_799_999_999n],
  [{ type: "integer", bounds: { bits: 32 } }, "-2147483648", -2_147_483_648],
  [{ type: "integer", bounds: { bits: 32 } }, "2147483647", 2_147_483_647],
  [{ type: "integer" }, "9223372036854775807", 9_223_372_036_854_775_807n],
  [{ type: "integer" }, "-9223372036854775808", -9_223_372_036_854_775_808n],
  [{ type: "decimal", bounds: price }, "999.99", 99_999n],
  [{ type: "decimal", bounds: price }, "-0.5", -50n],
  [{ type: "decimal", bounds: price }, "007.100", 710n],
  [{ type: "decimal", bounds: price }, "0", 0n],
  [{ type: "decimal" }, "1.50", "1.50"],
  [{ type: "double" }, "-Infinity", Number.NEGATIVE_INFINITY],
  [{ type: "boolean" }, "false", false],
];

test.each(VALUES)("columnKind writes a %j %s", (column, text, value) => {
  expect(columnKind({ name: "a", ...column }).value(text)).toBe(value);
});

const REFUSED: readonly (readonly [Omit<Column, "name">, string, string])[] = [
  [{ type: "integer", bounds: { bits: 32 } }, "2147483648", "does not fit into 32 bits"],
  [{ type: "integer" }, "9223372036854775808", "does not fit into 64 bits"],
  [{ type: "integer" }, "-9223372036854775809", "does not fit into 64 bits"],
  [{ type: "decimal", bounds: price }, "1000", "does not fit into a decimal of 5 digits"],
  [{ type: "decimal", bounds: price }, "0.001", "does not fit into a decimal of 5 digits"],
  [{ type: "datetime" }, "2024-02-29T00:00:00.1234567Z", "whole microseconds"],
  [{ type: "time" }, "24h", "whole microseconds"],
  [{ type: "date" }, "29.2.2024", "is not a valid date in canonical form"],
  [{ type: "boolean" }, "yes", "is not a valid boolean in canonical form"],
];

test.each(REFUSED)("columnKind refuses a %j %s", (column, text, because) => {
  expect(() => columnKind({ name: "a", ...column }).value(text)).toThrow(because);
});

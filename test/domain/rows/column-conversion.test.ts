import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conversion } from "../../../src/domain/rows/column-conversion.ts";
import { ColumnType } from "../../../src/formats/rows.ts";

type Case = readonly [from: ColumnType, to: ColumnType, text: string, converted: string | null];

const CASES: readonly Case[] = [
  ["string", "boolean", "TRUE", "true"],
  ["string", "boolean", " 0 ", "false"],
  ["string", "boolean", "yes", null],
  ["string", "integer", "007", "7"],
  ["string", "integer", " -12 ", "-12"],
  ["string", "integer", "1e3", "1000"],
  ["string", "integer", "1.00", "1"],
  ["string", "integer", "-0.0", "0"],
  ["string", "integer", "1.5", null],
  ["string", "integer", "-0.5", null],
  ["string", "integer", "", null],
  ["string", "integer", "9223372036854775808", "9223372036854775808"],
  ["string", "decimal", "+1.50", "1.50"],
  ["string", "decimal", "1.5E-3", "0.0015"],
  ["string", "decimal", "1,5", null],
  ["string", "decimal", "NaN", null],
  ["string", "double", "0.1", "0.1"],
  ["string", "double", "1e21", "1e+21"],
  ["string", "double", "NaN", "NaN"],
  ["string", "double", "-Infinity", "-Infinity"],
  ["string", "double", "1e309", null],
  ["string", "double", "0x10", null],
  ["string", "date", "2024-02-29", "2024-02-29"],
  ["string", "date", "2023-02-29", null],
  ["string", "date", "2024-02-29T00:00:00", "2024-02-29"],
  ["string", "date", "2024-02-29T00:00:01", null],
  ["string", "time", "08:30", "08:30:00"],
  ["string", "time", "24:00", null],
  ["string", "datetime", "2024-02-29T08:30:00.123456+01:00", "2024-02-29T07:30:00.123456Z"],
  ["string", "datetime", "2024-02-29T08:30:00", null],
  ["string", "datetime", "2024-02-29", null],
  ["string", "local-datetime", "2024-02-29 08:30", "2024-02-29T08:30:00"],
  ["string", "local-datetime", "2024-02-29T08:30Z", null],
  [
    "string",
    "uuid",
    "{6D31E09F-0249-4C3A-9F00-0123456789AB}",
    "6d31e09f-0249-4c3a-9f00-0123456789ab",
  ],
  ["string", "uuid", "6d31e09f02494c3a9f000123456789ab", "6d31e09f-0249-4c3a-9f00-0123456789ab"],
  ["string", "uuid", "6d31e09f", null],
  ["string", "json", '{"a": 1}', '{"a": 1}'],
  ["string", "json", "{'a': 1}", null],
  ["string", "binary", "AAEC/w==", "AAEC/w=="],
  ["string", "binary", "AAEC/w", null],
  ["boolean", "integer", "true", "1"],
  ["boolean", "decimal", "false", "0"],
  ["boolean", "json", "true", "true"],
  ["integer", "boolean", "1", "true"],
  ["integer", "boolean", "2", null],
  ["integer", "decimal", "9223372036854775807", "9223372036854775807"],
  ["integer", "double", "9007199254740993", "9007199254740992"],
  ["integer", "json", "007", "7"],
  ["decimal", "integer", "12.00", "12"],
  ["decimal", "integer", "12.01", null],
  ["decimal", "double", "1234567890.12345678901234", "1234567890.1234567"],
  ["decimal", "json", "1.50", "1.50"],
  ["double", "integer", "1e+21", "1000000000000000000000"],
  ["double", "integer", "Infinity", null],
  ["double", "decimal", "5e-7", "0.0000005"],
  ["double", "decimal", "NaN", null],
  ["double", "json", "NaN", null],
  ["date", "datetime", "2024-02-29", "2024-02-29T00:00:00Z"],
  ["date", "local-datetime", "2024-02-29", "2024-02-29T00:00:00"],
  ["datetime", "date", "2024-02-29T23:59:59.9Z", "2024-02-29"],
  ["datetime", "time", "2024-02-29T23:59:59.9Z", "23:59:59.9"],
  ["datetime", "local-datetime", "2024-02-29T23:59:59.9Z", "2024-02-29T23:59:59.9"],
  ["local-datetime", "date", "2024-02-29T23:59:59", "2024-02-29"],
  ["local-datetime", "time", "2024-02-29T23:59:59.5", "23:59:59.5"],
  ["local-datetime", "datetime", "2024-02-29T23:59:59.5", "2024-02-29T23:59:59.5Z"],
];

describe("conversion", () => {
  test.each(CASES)("from %s to %s of %j", (...[from, to, text, converted]) => {
    expect(conversion(from, to)?.(text)).toBe(converted);
  });

  test.each(ColumnType.options)("from %s to string and to itself keeps the text", (type) => {
    expect(conversion(type, "string")?.(" x ")).toBe(" x ");
    expect(conversion(type, type)?.(" x ")).toBe(" x ");
  });

  test.each<[ColumnType, ColumnType]>([
    ["time", "date"],
    ["date", "integer"],
    ["json", "integer"],
    ["binary", "json"],
    ["boolean", "double"],
    ["uuid", "binary"],
  ])("from %s to %s does not exist", (from, to) => {
    expect(conversion(from, to)).toBeNull();
  });

  test.each(ColumnType.options)("from string to %s never throws", (type) => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), (text) => {
        const converted = conversion("string", type)?.(text) ?? null;

        expect(converted === null || typeof converted === "string").toBe(true);
      }),
    );
  });

  test("covers every case that its table names", () => {
    const tested = new Set(CASES.map(([from, to]) => `${from} ${to}`));
    const existing = ColumnType.options.flatMap((from) =>
      ColumnType.options
        .filter((to) => from !== to && to !== "string" && conversion(from, to) !== null)
        .map((to) => `${from} ${to}`),
    );

    expect(existing.filter((pair) => !tested.has(pair))).toEqual([]);
  });
});

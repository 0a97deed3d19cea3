import fc from "fast-check";
import { expect, test } from "vitest";
import type { ColumnType } from "../../../../src/formats/rows.ts";
import { parseExact } from "../../../../src/systems/http-json/source/exact-json.ts";
import { jsonCell } from "../../../../src/systems/http-json/source/json-cells.ts";

test.each<[string, ColumnType, string | null | undefined]>([
  ["null", "integer", null],
  ['""', "string", ""],
  ["12345678901234567890123", "string", "12345678901234567890123"],
  ["true", "string", "true"],
  ['{"a":1}', "string", undefined],
  ["9223372036854775807", "integer", "9223372036854775807"],
  ["1.0", "integer", "1"],
  ["-1.20e2", "integer", "-120"],
  ["1.5", "integer", undefined],
  ['"007"', "integer", "7"],
  ["-0", "integer", "0"],
  ['"1 000"', "integer", undefined],
  ["1.50", "decimal", "1.50"],
  ["0.1000000000000000055511151231257827", "decimal", "0.1000000000000000055511151231257827"],
  ["1e-7", "decimal", "0.0000001"],
  ["1.25E+3", "decimal", "1250"],
  ["1e99999", "decimal", undefined],
  ['"12.30"', "decimal", "12.30"],
  ['"1,5"', "decimal", undefined],
  ["0.1", "double", "0.1"],
  ["1e400", "double", undefined],
  ["-0.0", "double", "-0"],
  ['"INF"', "double", "Infinity"],
  ['"constructor"', "double", undefined],
  ["1", "boolean", undefined],
  ["false", "boolean", "false"],
  ['"2026-02-28"', "date", "2026-02-28"],
  ['"2026-02-28T12:00:00Z"', "date", "2026-02-28"],
  ['"2026-02-30"', "date", undefined],
  ['"2026-2-3"', "date", undefined],
  ['"12:30"', "time", "12:30:00"],
  ['"12:30:00.5000000"', "time", "12:30:00.500000"],
  ['"24:00:00"', "time", undefined],
  ['"2026-03-29T02:30:00.1234567+02:00"', "datetime", "2026-03-29T00:30:00.1234567Z"],
  ['"2026-03-29 02:30:00+02"', "datetime", "2026-03-29T00:30:00Z"],
  ['"2026-03-29T02:30:00.1230000-0130"', "datetime", "2026-03-29T04:00:00.123000Z"],
  ['"2026-03-29T02:30:00Z"', "datetime", "2026-03-29T02:30:00Z"],
  ['"2026-03-29T02:30:00.000Z"', "datetime", "2026-03-29T02:30:00Z"],
  ['"2026-12-31T23:30:00-0130"', "datetime", "2027-01-01T01:00:00Z"],
  ['"2026-03-29T02:30:00"', "datetime", undefined],
  ['"2026-03-29T02:30:00"', "local-datetime", "2026-03-29T02:30:00"],
  ['"2026-03-29T02:30:00Z"', "local-datetime", undefined],
  ['"9999-12-31T23:59:59-01:00"', "datetime", undefined],
  ["1700000000", "datetime", undefined],
  ['"{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}"', "uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
  ['"a0eebc99"', "uuid", undefined],
  ['"_-8="', "binary", "/+8="],
  ['"AP8Q"', "binary", "AP8Q"],
  ['"A"', "binary", undefined],
  ['"not base64!"', "binary", undefined],
  ['{"a":[1.50,12345678901234567890,"x"]}', "json", '{"a":[1.50,12345678901234567890,"x"]}'],
])("%s as %s", (json, type, cell) => {
  expect(jsonCell(parseExact(json), type)).toBe(cell);
});

test("a decimal keeps its value, whatever its notation", () => {
  const digits = fc.stringMatching(/^[0-9]{1,20}$/);
  fc.assert(
    fc.property(digits, digits, fc.integer({ min: -30, max: 30 }), (whole, fraction, exponent) => {
      const plain = jsonCell(`${whole}.${fraction}e${exponent}`, "decimal") ?? "";
      const [before = "", after = ""] = plain.split(".");

      // The same number, both as integers scaled by 10^60.
      const scaled = (integer: string, decimals: number) =>
        BigInt(integer) * 10n ** BigInt(60 - decimals);
      expect(plain).toMatch(/^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/);
      expect(scaled(before + after, after.length)).toBe(
        scaled(whole + fraction, fraction.length - exponent),
      );
    }),
  );
});

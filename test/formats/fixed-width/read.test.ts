import { describe, expect, test } from "vitest";
import { type ImportOptions, readFile, rowsOf } from "../read-file.ts";

/** Id of 3 digits filled with zeros, name of 5 characters, a gap, and a flag. */
const columns = [
  { name: "id", start: 1, length: 3, trim: "start", pad: "0" },
  { name: "name", start: 4, length: 5 },
  { name: "flag", start: 10, length: 1 },
];
const fixed = (options: Omit<ImportOptions, "kind"> = {}): ImportOptions => ({
  kind: "fixed-width",
  columns,
  ...options,
});

const LINES: readonly (readonly [line: string, row: readonly (string | null)[]])[] = [
  ["001Anna  Y", ["1", "Anna", "Y"]],
  ["000Anna  Y", ["0", "Anna", "Y"]],
  ["120     x ", ["120", null, null]],
  ["   a b c Y", ["   ", "a b c", "Y"]],
  ["1.5Größe Y   ", ["1.5", "Größe", "Y"]],
  ["001😀😀😀😀😀 Y", ["1", "😀😀😀😀😀", "Y"]],
];

test.each(LINES)("fixed-width reads %j", async (line, row) => {
  expect(await rowsOf(fixed(), `${line}\r\n\n${line}`)).toEqual([row, row]);
});

describe("fixed-width", () => {
  test("skips a heading", async () => {
    expect(await rowsOf(fixed({ header: true }), "id name\n001Anna  Y\n")).toEqual([
      ["1", "Anna", "Y"],
    ]);
  });

  test("reads blanks as an empty text when told so", async () => {
    expect(await rowsOf(fixed({ blank: "empty" }), "001      Y")).toEqual([["1", "", "Y"]]);
  });

  test("fills short lines when told so", async () => {
    expect(await rowsOf(fixed({ shortLines: "pad" }), "001An\n2")).toEqual([
      ["1", "An", null],
      ["2", null, null],
    ]);
  });

  test.each([
    ["end", " x"],
    ["start", "x "],
    ["both", "x"],
    ["none", " x "],
  ])("takes padding off the %s", async (trim, value) => {
    const options = { columns: [{ name: "a", start: 1, length: 3, trim }] };

    expect(await rowsOf(fixed(options), " x ")).toEqual([[value]]);
  });

  test.each([
    ["001Anna", "has 7 characters, but its columns take 10", null],
    ["001Anna  Yes", "has text after its last column, which ends at 10", "es"],
    ["001😀😀😀😀😀", "has 8 characters, but its columns take 10", null],
  ])("fails the line %s alone", async (line, reason, value) => {
    const read = await readFile(fixed(), `001Anna  Y\n${line}\n002Bert  N`);

    expect(read.failures).toEqual([{ row: 2, field: null, value, reason }]);
    expect([read.raw, read.rows.length]).toEqual([[line], 2]);
  });

  test("fails a value that is too long", async () => {
    const read = await readFile(fixed({ maxFieldLength: 4 }), "001Annas Y");

    expect(read.failures).toEqual([
      { row: 1, field: "name", value: "Annas", reason: "is longer than 4 characters" },
    ]);
  });

  test("passes over why rows failed before", async () => {
    expect(await rowsOf(fixed(), "WaybillReason: row 9: is odd\n001Anna  Y\n")).toEqual([
      ["1", "Anna", "Y"],
    ]);
  });
});

import { describe, expect, test } from "vitest";
import type { Row } from "../../../src/formats/rows.ts";
import { UnreadableFileError } from "../../../src/formats/unreadable-file-error.ts";
import { type ImportOptions, readFile, repeated, rowsOf } from "../read-file.ts";

const csv = (options: Omit<ImportOptions, "kind"> = {}): ImportOptions => ({
  kind: "csv",
  ...options,
});
const headless = (columns: readonly string[], options = {}): ImportOptions =>
  csv({ header: false, columns, ...options });

const READ: readonly (readonly [what: string, text: string, rows: readonly Row[]])[] = [
  [
    "two rows",
    "1,2\r\n3,4\r\n",
    [
      ["1", "2"],
      ["3", "4"],
    ],
  ],
  [
    "a last line without its end",
    "1,2\n3,4",
    [
      ["1", "2"],
      ["3", "4"],
    ],
  ],
  [
    "line ends of every kind",
    "1,2\r\n3,4\r5,6\n",
    [
      ["1", "2"],
      ["3", "4"],
      ["5", "6"],
    ],
  ],
  ["CR alone at the end of a file", "1,2\r", [["1", "2"]]],
  [
    "empty lines as no rows",
    "\n\r\n1,2\n\n3,4\n\n",
    [
      ["1", "2"],
      ["3", "4"],
    ],
  ],
  [
    "nothing without quotes as null",
    ",x\n,\n",
    [
      [null, "x"],
      [null, null],
    ],
  ],
  [
    "nothing in quotes as an empty text",
    '"",x\n"",""\n',
    [
      ["", "x"],
      ["", ""],
    ],
  ],
  ["doubled quotes", '"a ""b"" c",""""\n', [['a "b" c', '"']]],
  ["delimiters and line ends in quotes", '"a,b\r\nc\nd\re",x\n', [["a,b\r\nc\nd\re", "x"]]],
  ["quotes at the end of a file", '"a","b"', [["a", "b"]]],
  ["blanks as they are", ' a ,"  b" \n'.replace('" \n', '"\n'), [[" a ", "  b"]]],
  ["names of JavaScript as data", "__proto__,constructor\n", [["__proto__", "constructor"]]],
  ["a zero character", "ab\0,c\n", [["ab\0", "c"]]],
];

test.each(READ)("csv reads %s", async (_, text, rows) => {
  expect(await rowsOf(headless(["a", "b"]), text)).toEqual(rows);
});

describe("csv reads by its options", () => {
  test("a file of one column, where an empty line is a row", async () => {
    expect(await rowsOf(csv(), 'a\nx\n\n""\n')).toEqual([["x"], [null], [""]]);
  });

  test("nullText without quotes as null, and an empty value as a text then", async () => {
    expect(await rowsOf(headless(["a", "b", "c"], { nullText: "NULL" }), 'NULL,"NULL",\n')).toEqual(
      [[null, "NULL", ""]],
    );
  });

  test("quotes as characters when there are none", async () => {
    const options = headless(["a", "b"], { quotes: "none", delimiter: "\t" });

    expect(await rowsOf(options, 'say "x"\t"\n"\ty\n')).toEqual([
      ['say "x"', '"'],
      ['"', "y"],
    ]);
  });

  test("a stray quote as a character when told so", async () => {
    const options = headless(["a", "b"], { strayQuotes: "keep" });

    expect(await rowsOf(options, '5" disk,x\n"a","b"\n')).toEqual([
      ['5" disk', "x"],
      ["a", "b"],
    ]);
  });

  test.each([";", "|", "\t", "^", "x", "."])("values between %j", async (delimiter) => {
    expect(await rowsOf(csv({ delimiter }), `a${delimiter}b\n1${delimiter}"2"\n`)).toEqual([
      ["1", "2"],
    ]);
  });
});

describe("csv names its columns", () => {
  test("by the header", async () => {
    const { columns } = await readFile(csv(), '\n"Order, Date",b\n1,2\n');

    expect(columns).toEqual(["Order, Date", "b"]);
  });

  test("whatever stands for a null", async () => {
    const { columns } = await readFile(csv({ nullText: "id" }), "id,b\n1,2\n");

    expect(columns).toEqual(["id", "b"]);
  });

  test("by the options, in a file without a header", async () => {
    const { columns, rows } = await readFile(headless(["x", "y"]), "");

    expect([columns, rows]).toEqual([["x", "y"], []]);
  });

  test.each([
    ["", "it is empty: its first line should name the columns"],
    ["\n\n", "it is empty: its first line should name the columns"],
    ["a,,c\n", "its first line has no name for column 2"],
    ["a,b,a\n", 'its first line names the column "a" twice'],
    ['a,"b\nc', "its first line, which names the columns, does not end"],
    ['a,b"c\n', "its first line has a quote inside a value without quotes in value 2"],
    [
      `${Array.from({ length: 1002 }, (_, i) => `c${i}`).join(",")}\n`,
      "its first line names more than 1000 columns",
    ],
  ])("and refuses the header %#", async (text, because) => {
    await expect(readFile(csv(), text)).rejects.toThrow(new UnreadableFileError(because));
  });
});

const BAD_LINES: readonly (readonly [what: string, line: string, reason: string])[] = [
  ["has too few values", "3", "has 1 value, but the file has 2 columns"],
  ["has too many values", "3,4,5", "has 3 values, but the file has 2 columns"],
  ["has text behind a quote", '"3"4,5', "has text after the closing quote in value 1"],
  ["has a stray quote", '3,4"5', "has a quote inside a value without quotes in value 2"],
  [
    "has far too many values",
    ",".repeat(3_000),
    "has 2000 values or more, but the file has 2 columns",
  ],
  [
    "has line ends in quotes before it breaks",
    '"3\n4",5,6',
    "has 3 values, but the file has 2 columns",
  ],
];

test.each(BAD_LINES)("csv fails a row alone that %s", async (_, line, reason) => {
  const read = await readFile(csv(), `a,b\n1,2\n${line}\n7,8\n`);

  expect(read.rows).toEqual([
    ["1", "2"],
    ["7", "8"],
  ]);
  expect(read.numbers).toEqual([1, 3]);
  expect(read.failures).toEqual([{ row: 2, field: null, value: null, reason }]);
  expect(read.raw).toEqual([line]);
});

describe("csv fails a row alone that", () => {
  test("never closes a quote, and reads on with the next line", async () => {
    const read = await readFile(csv(), 'a,b\n1,2\n3,"4\n5,6\n7,""\n');

    expect(read.rows).toEqual([
      ["1", "2"],
      ["5", "6"],
      ["7", ""],
    ]);
    expect(read.failures).toEqual([
      { row: 2, field: null, value: null, reason: "has a quote that is never closed" },
    ]);
    expect(read.raw).toEqual(['3,"4']);
  });

  test("has too long a value", async () => {
    const read = await readFile(csv({ maxFieldLength: 3 }), "a,b\n1,234\n1,2345\n");

    expect(read.rows).toEqual([["1", "234"]]);
    expect(read.failures).toEqual([
      { row: 2, field: "b", value: "2345", reason: "is longer than 3 characters" },
    ]);
  });

  test("is longer than a row may be", async () => {
    const long = { piece: "x".repeat(65_536), times: 100 };

    const read = await readFile(csv(), repeated('a,b\n1,"', long, '"\n3,4\n'));

    expect(read.rows).toEqual([["3", "4"]]);
    expect(read.failures.map(({ reason }) => reason)).toEqual([
      "is longer than 4194304 characters",
    ]);
    expect(read.raw).toEqual([null]);
  });

  test.each(["\n", "\r\n", "\r"])("is too long and ends with %j", async (lineEnd) => {
    const long = { piece: '"",'.repeat(20_000), times: 100 };

    const read = await readFile(csv(), repeated("a,b\n", long, `"x${lineEnd}"",y"${lineEnd}3,4`));

    expect(read.rows).toEqual([["3", "4"]]);
    expect(read.failures).toHaveLength(1);
  });
});

test("csv refuses a file whose rows went into a quote that is never closed", async () => {
  const swallowed = { piece: `3,${"x".repeat(65_536)}\n`, times: 100 };

  await expect(readFile(csv(), repeated('a,b\n1,"2\n', swallowed))).rejects.toThrow(
    "row 1 opens a quote that is never closed",
  );
});

describe("csv passes over why rows failed before", () => {
  test("in a column of that name, wherever it stands", async () => {
    const { columns, rows } = await readFile(csv(), "a,WaybillReason,b\n1,row 7: is odd,2\n");

    expect([columns, rows]).toEqual([["a", "b"], [["1", "2"]]]);
  });

  test("in a first value of that mark without a header", async () => {
    expect(await rowsOf(headless(["a", "b"]), "WaybillReason: row 7: is odd,1,2\n3,4\n")).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
  });
});

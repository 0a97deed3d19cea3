import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UnreadableFileError } from "../../../src/formats/unreadable-file-error.ts";
import { type ImportOptions, readFile, repeated, rowsOf } from "../read-file.ts";

const jsonl: ImportOptions = { kind: "jsonl" };

/** The cell of a row with this one value. */
async function cellOf(value: string): Promise<unknown> {
  return (await rowsOf(jsonl, `{"a":${value}}`))[0]?.[0];
}

const VALUES: readonly (readonly [json: string, cell: string | null])[] = [
  ["null", null],
  ['""', ""],
  ['"text"', "text"],
  ['"null"', "null"],
  ["true", "true"],
  ["false", "false"],
  ["0", "0"],
  ["-0", "-0"],
  ["1.50", "1.50"],
  ["9223372036854775807", "9223372036854775807"],
  ["1234567890123456789012345678.9012345678", "1234567890123456789012345678.9012345678"],
  ["1e400", "1e400"],
  ["-5E-324", "-5E-324"],
  ['"\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u0041\\u00e9"', '" \\ / \b\f\n\r\t Aé'],
  ['"\\\\"', "\\"],
  ['"\\ud83d\\ude00 😀"', "😀 😀"],
  ['"\\ud83d cut"', "\uFFFD cut"],
  ['"\\u0000"', "\0"],
  ['"\u2028\u0085\u007F"', "\u2028\u0085\u007F"],
  [
    '{ "x" : [1.50, {"y":"}]"}], "z":9007199254740993 }',
    '{ "x" : [1.50, {"y":"}]"}], "z":9007199254740993 }',
  ],
  ["[]", "[]"],
  ["{}", "{}"],
];

test.each(VALUES)("json reads the value %s", async (value, cell) => {
  expect(await cellOf(value)).toBe(cell);
});

const WRONG: readonly (readonly [json: string, reason: string])[] = [
  ["", "is not JSON: a value must be a string"],
  ["undefined", "is not JSON: a value must be a string"],
  ["NaN", "is not JSON: a value must be a string"],
  ["True", "is not JSON: a value must be a string"],
  ["'x'", "is not JSON: a value must be a string"],
  ["01", "is not JSON: a value must be a string"],
  ["+1", "is not JSON: a value must be a string"],
  ["1.", "is not JSON: a value must be a string"],
  [".5", "is not JSON: a value must be a string"],
  ["0x1F", "is not JSON: a value must be a string"],
  ["1 2", "is not JSON: , is missing"],
  ['"\\x"', "is not JSON: Bad escaped character"],
  ['"\t"', "is not JSON: Bad control character"],
  ['"\\u12"', "is not JSON: Bad Unicode escape"],
  ["[1,]", "is not JSON: Unexpected token"],
  ["[1}", "is not JSON: Expected ',' or ']'"],
  ['{"x":1,}', "is not JSON: Expected double-quoted property name"],
  ['"open', "is not JSON: the line ends in the middle"],
  [`${"[".repeat(65)}${"]".repeat(65)}`, "is nested more than 64 deep"],
];

test.each(WRONG)("json refuses the value %s", async (value, reason) => {
  const { rows, failures } = await readFile(jsonl, `{"b":1,"a":${value}}\n{"a":"x"}`, ["a", "b"]);

  expect(rows).toEqual([["x", undefined]]);
  expect(failures[0]?.reason).toContain(reason);
});

describe("jsonl reads", () => {
  test("lines with whatever end, and no rows of empty ones", async () => {
    expect(await rowsOf(jsonl, '{"a":1}\r\n\n  \n {"a":2} \n\t{"a":3}')).toEqual([
      ["1"],
      ["2"],
      ["3"],
    ]);
  });

  test("members in any order, with blanks", async () => {
    expect(await rowsOf(jsonl, '{"a":1,"b":2}\n{ "b" : 4 , "a" : 3 }')).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
  });

  test("a missing member as null, where the columns are those of the first row", async () => {
    expect(await rowsOf(jsonl, '{"a":1,"b":2}\n{"b":4}\n{}')).toEqual([
      ["1", "2"],
      [null, "4"],
      [null, null],
    ]);
  });

  test("names of JavaScript, and escaped ones, as data", async () => {
    const { columns, rows } = await readFile(
      jsonl,
      '{"__proto__":1,"constructor":2,"\\u0061\\"":3}\n{"a\\"":4,"__proto__":{}}',
    );

    expect(columns).toEqual(["__proto__", "constructor", 'a"']);
    expect(rows).toEqual([
      ["1", "2", "3"],
      ["{}", null, "4"],
    ]);
  });

  test("the columns of the first row that can be read", async () => {
    const read = await readFile(jsonl, '{"x":1,"y"}\n{"y":1,"x":2}\n{"x":3,"y":4}');

    expect([read.columns, read.rows, read.numbers]).toEqual([
      ["y", "x"],
      [
        ["1", "2"],
        ["4", "3"],
      ],
      [2, 3],
    ]);
  });

  test("nothing into the columns of a first row that failed", async () => {
    const first = '{"a":1,"WaybillReason":"x","b"';

    expect((await readFile(jsonl, `${first}\n{"b":1,"a":2}\n{"a":3,"b":4}`)).rows).toEqual([
      ["1", "2"],
      ["4", "3"],
    ]);
  });
});

describe("jsonl reads also", () => {
  test("the columns that the import declares, in its order", async () => {
    const read = await readFile(jsonl, '{"b":1,"a":2}\n', ["a", "c", "b"]);

    expect([read.columns, read.rows]).toEqual([["a", "c", "b"], [["2", undefined, "1"]]]);
  });

  test("nothing of an empty file", async () => {
    expect(await readFile(jsonl, "")).toMatchObject({ columns: [], rows: [], failures: [] });
  });

  test("only known members when others are to be ignored", async () => {
    const options = { ...jsonl, unknownFields: "ignore" };

    expect(await rowsOf(options, '{"a":1}\n{"b":{"a":9},"a":2,"b":3}')).toEqual([["1"], ["2"]]);
  });

  test("no reason why a row failed before", async () => {
    expect(
      await rowsOf(jsonl, '{"WaybillReason":"row 1: is odd","a":1}\n{"a":2,"WaybillReason":"x"}'),
    ).toEqual([["1"], ["2"]]);
  });
});

const BAD_LINES: readonly (readonly [line: string, failure: object])[] = [
  ["[1]", { field: null, reason: "is not a JSON object" }],
  ["null", { field: null, reason: "is not a JSON object" }],
  ['{"a":1', { field: null, reason: "is not JSON: the line ends in the middle of the object" }],
  ['{"a"', { field: null, reason: "is not JSON: the line ends in the middle of the object" }],
  ['{"a":1}{"a":2}', { value: '{"a":2}', reason: "has more text after the object" }],
  ['{"a":1,"a":1}', { field: "a", reason: "stands twice in the row" }],
  ['{"a":null,"a":1}', { field: "a", reason: "stands twice in the row" }],
  ['{"c":1}', { field: "c", reason: "has a field that the first row does not have" }],
  ['{"a":1,}', { field: null, reason: 'is not JSON: " is missing before "}"' }],
  ["{a:1}", { field: null, reason: 'is not JSON: " is missing before "a"' }],
  ['{"a" 1}', { field: null, reason: 'is not JSON: : is missing before "1"' }],
  ['{"a":1;"b":2}', { field: null, value: "1;" }],
  [
    '{"b":"12345678901"}',
    { field: "b", value: "12345678901", reason: "is longer than 10 characters" },
  ],
  [
    '{"WaybillRaw":"{"}',
    {
      reason:
        "is still the text of a row that cannot be read: mend the text of this field and put it in the row's place",
    },
  ],
];

test.each(BAD_LINES)("jsonl fails the line %s alone", async (line, failure) => {
  const read = await readFile({ ...jsonl, maxFieldLength: 10 }, `{"a":1,"b":2}\n${line}\n{"a":3}`);

  expect(read.failures).toEqual([expect.objectContaining({ row: 2, ...failure })]);
  expect(read.raw).toEqual([line]);
  expect(read.rows).toEqual([
    ["1", "2"],
    ["3", null],
  ]);
});

test("jsonl fails a line that is too long, and reads on", async () => {
  const long = { piece: "x".repeat(65_536), times: 100 };

  const read = await readFile(jsonl, repeated('{"a":1}\n{"a":"', long, '"}\n{"a":3}'));

  expect(read.rows).toEqual([["1"], ["3"]]);
  expect(read.failures).toEqual([
    { row: 2, field: null, value: null, reason: "is longer than 4194304 characters" },
  ]);
});

test("jsonl refuses a file whose first 1,000 rows are none", async () => {
  const text = { piece: "id;name\n", times: 1_100 };

  await expect(readFile(jsonl, repeated("", text))).rejects.toThrow(
    new UnreadableFileError("none of its first 1000 rows is a row; row 1 is not a JSON object"),
  );
});

test("jsonl reads JSON as JSON.parse does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), async (object) => {
      const { columns, rows } = await readFile(jsonl, JSON.stringify(object));

      const expected = Object.entries(object).map(([name, value]) => [
        name.toWellFormed(),
        textOf(value),
      ]);
      expect(columns.map((name, index) => [name, rows[0]?.[index]])).toEqual(expected);
    }),
  );
});

function textOf(value: unknown): string | null {
  return value === null || typeof value === "string"
    ? (value?.toWellFormed() ?? null)
    : JSON.stringify(value);
}

test("jsonl takes a line exactly when JSON.parse does, but for members that stand twice", async () => {
  const tokens = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"b"',
    "1",
    "-",
    "tru",
    "true",
    " ",
    '"',
    "\\",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(tokens, { maxLength: 8 }), async (parts) => {
      const line = `{"a":${parts.join("")}`;
      const read = await readFile(jsonl, line, ["a", "b"]);
      const isTwice = read.failures[0]?.reason === "stands twice in the row";

      // a member that stands twice is told before the rest of the line is looked at
      expect(isTwice ? "twice" : read.rows.length === 1).toBe(isTwice ? "twice" : isJson(line));
    }),
    {
      numRuns: 2_000,
      examples: [
        [['"b"', ",", '"a"', ":", '"a"']],
        [["1", "}"]],
        [["[", "]", "}"]],
        [["1", ",", '"b"', ":", "{", "}", "}"]],
      ],
    },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

import { describe, expect, test } from "vitest";
import { NotRepresentableError } from "../../../src/formats/not-representable.ts";
import { textOf } from "../write-file.ts";

const text = { name: "a", type: "string" } as const;
const number = { name: "n", type: "decimal" } as const;

/** The one line of a file with these texts and no header, without its line end. */
function line(cells: readonly (string | null)[], options: Record<string, unknown> = {}): string {
  const columns = cells.map((_, index) => ({ ...text, name: `c${index}` }));
  return textOf({ kind: "csv", header: false, ...options }, columns, [cells]).replace(/\r\n$/, "");
}

describe("csv, minimal quoting", () => {
  test.each([
    ["plain", "plain"],
    ["", '""'],
    ["one,two", '"one,two"'],
    ['say "hi"', '"say ""hi"""'],
    ["a\nb", '"a\nb"'],
    ["a\rb", '"a\rb"'],
    ["a\r\nb", '"a\r\nb"'],
    [" a", '" a"'],
    ["a ", '"a "'],
    ["\ta", '"\ta"'],
    ["\uFEFFa", '"\uFEFFa"'],
    ["a;b", "a;b"],
    ["=1+1", "=1+1"],
    ["\u0000\u0007", "\u0000\u0007"],
    ["😀", "😀"],
    ["007", "007"],
  ])("writes %j as %j", (cell, written) => {
    expect(line([cell, "x"])).toBe(`${written},x`);
  });

  test("writes a null without quotes and an empty text with them", () => {
    expect(line([null, "", null])).toBe(',"",');
  });
});

test("csv writes header, rows and CRLF line ends, also after the last line", () => {
  const file = textOf(
    { kind: "csv" },
    [text, { name: 'b "x"', type: "integer" }],
    [
      ["1", "2"],
      ["3", null],
    ],
  );

  expect(file).toBe('a,"b ""x"""\r\n1,2\r\n3,\r\n');
});

test("csv writes only the header of a file without rows", () => {
  expect(textOf({ kind: "csv" }, [text, number], [])).toBe("a,n\r\n");
});

test("csv writes nullText unquoted and quotes a text that reads the same", () => {
  expect(line([null, "NULL", "", "null"], { nullText: "NULL" })).toBe('NULL,"NULL","",null');
});

test("csv quotes every value but nulls when quoting is all", () => {
  const file = textOf(
    { kind: "csv", quoting: "all" },
    [text, number],
    [
      ["x", "1.50"],
      [null, null],
    ],
  );

  expect(file).toBe('"a","n"\r\n"x","1.50"\r\n,\r\n');
});

test("csv quotes everything but numbers, booleans and nulls when quoting is text", () => {
  const columns = [
    text,
    number,
    { name: "b", type: "boolean" },
    { name: "d", type: "date" },
  ] as const;

  const file = textOf({ kind: "csv", quoting: "text", header: false }, columns, [
    ["x", "1.50", "true", "2024-02-29"],
    [null, null, null, null],
  ]);

  expect(file).toBe('"x",1.50,true,"2024-02-29"\r\n,,,\r\n');
});

test.each([";", "\t", "|", "\u001F", "^", "]", "\\"])(
  "csv quotes what holds the delimiter %j",
  (delimiter) => {
    expect(line([`a${delimiter}b`, "c,d"], { delimiter })).toBe(`"a${delimiter}b"${delimiter}c,d`);
  },
);

test("csv quotes even a number that holds the delimiter, so that a wrong source cannot shift columns", () => {
  expect(textOf({ kind: "csv", header: false }, [number, text], [["1,5", "x"]])).toBe(
    '"1,5",x\r\n',
  );
});

test("csv ends lines with LF when told so", () => {
  expect(textOf({ kind: "csv", lineEnd: "lf" }, [text], [["x"]])).toBe("a\nx\n");
});

test("csv writes booleans in the words that were chosen", () => {
  const column = { name: "b", type: "boolean" } as const;
  const options = { kind: "csv", header: false, booleans: { true: "Yes", false: "No,never" } };

  expect(textOf(options, [column], [["true"], ["false"], [null]])).toBe(
    'Yes\r\n"No,never"\r\n\r\n',
  );
});

test("csv refuses a boolean that is neither true nor false", () => {
  const column = { name: "b", type: "boolean" } as const;

  expect(() => textOf({ kind: "csv" }, [column], [["t"]])).toThrow(NotRepresentableError);
});

test.each(["=1+1", "+1", "-1", "@a", "\ta", "\ra", "\na", "＝1", "＋1", "－1", "＠a"])(
  "csv puts an apostrophe before the formula %j when excelSafe",
  (formula) => {
    expect(line([formula], { excelSafe: true, quoting: "all" })).toBe(`"'${formula}"`);
  },
);

test("csv leaves negative numbers and harmless text alone when excelSafe", () => {
  const file = textOf({ kind: "csv", excelSafe: true }, [number, text], [["-1.5", "a=b"]]);

  expect(file).toBe("n,a\r\n-1.5,a=b\r\n");
});

test("csv defuses column names when excelSafe", () => {
  expect(textOf({ kind: "csv", excelSafe: true }, [{ name: "=cmd()", type: "string" }], [])).toBe(
    "'=cmd()\r\n",
  );
});

describe("csv byte order mark", () => {
  test.each([
    [{}, ""],
    [{ bom: true }, "\uFEFF"],
    [{ encoding: "utf-16le" }, "\uFEFF"],
    [{ encoding: "utf-16le", bom: false }, ""],
  ])("with %j starts the file with %j", (options, mark) => {
    expect(textOf({ kind: "csv", ...options }, [text], [])).toBe(`${mark}a\r\n`);
  });
});

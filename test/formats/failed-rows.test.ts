import { describe, expect, test } from "vitest";
import type { FailedRow } from "../../src/formats/format.ts";
import { readableFormat } from "../../src/formats/index.ts";
import type { Row } from "../../src/formats/rows.ts";
import { type ImportOptions, importOptions, readFile } from "./read-file.ts";
import { collected } from "./write-file.ts";

function failedRows(
  options: ImportOptions,
  columns: readonly string[],
  rows: AsyncIterable<FailedRow>,
): AsyncIterable<Uint8Array> {
  const format = importOptions(options);
  return readableFormat(format.kind).failedRows(format, columns, rows);
}

async function fileOf(
  options: ImportOptions,
  columns: readonly string[],
  rows: readonly FailedRow[],
): Promise<Buffer> {
  async function* all(): AsyncGenerator<FailedRow> {
    yield* rows;
  }
  return Buffer.concat(await collected(failedRows(options, columns, all())));
}

const FIXED = [
  { name: "b", start: 5, length: 3, trim: "start", pad: "0" },
  { name: "a", start: 1, length: 3 },
];
const FORMATS: readonly ImportOptions[] = [
  { kind: "csv" },
  { kind: "csv", delimiter: ";", nullText: "NULL" },
  { kind: "csv", encoding: "utf-16le" },
  { kind: "csv", encoding: "windows-1252" },
  { kind: "csv", header: false, columns: ["a", "b"] },
  { kind: "json" },
  { kind: "json", rowsAt: "data.items" },
  { kind: "jsonl" },
  { kind: "xml" },
  { kind: "xml", rowElement: "rows", encoding: "utf-16be" },
  { kind: "xml-lines" },
  { kind: "xml-lines", rowElement: "Item" },
];

const NASTY: readonly Row[] = [
  [null, "x"],
  ["", null],
  ["NULL", "=1+1"],
  [" blanks ", 'a "quoted", word; and\ttab'],
  ["line\r\nend\nand\rmore", "<b>&amp;</b> ]]> -->"],
  ["1.50", '{"x":[1,2]}'],
  ["WaybillReason: row 1", "__proto__"],
];

test.each(FORMATS)("failedRows writes cells that %j reads back equal", async (options) => {
  const rows = NASTY.map((values, index) => ({
    row: 7 * index + 3,
    values,
    reason: 'is "odd",\nvery -- odd',
  }));

  const file = await fileOf(options, ["a", "b"], rows);

  const read = await readFile(options, file);
  expect(read.failures).toEqual([]);
  expect(read.columns).toEqual(["a", "b"]);
  expect(read.rows).toEqual(NASTY);
});

test("failedRows writes what has neither quotes nor columns", async () => {
  const plain: ImportOptions = { kind: "csv", quotes: "none", delimiter: "\t" };
  const fixed: ImportOptions = { kind: "fixed-width", columns: FIXED, header: true };
  const rows = [
    { row: 1, values: ["7", "x y"], reason: "is\todd" },
    { row: 2, values: ["0", null], reason: "is odd" },
  ];

  const [inPlain, inFixed] = await Promise.all([
    fileOf(plain, ["b", "a"], rows),
    fileOf(fixed, ["b", "a"], rows),
  ]);

  expect(inPlain.toString()).toBe(
    "WaybillReason\tb\ta\r\nrow 1: is odd\t7\tx y\r\nrow 2: is odd\t0\t\r\n",
  );
  expect(inFixed.toString()).toBe(
    "a b\nWaybillReason: row 1: is\todd\nx y 007\nWaybillReason: row 2: is odd\n    000\n",
  );
  expect((await readFile(plain, inPlain)).rows).toEqual([
    ["7", "x y"],
    ["0", null],
  ]);
  expect((await readFile(fixed, inFixed)).rows).toEqual([
    ["7", "x y"],
    ["0", null],
  ]);
});

test("failedRows writes attributes, whatever they hold", async () => {
  const options: ImportOptions = { kind: "xml", values: "attributes" };
  const values = ["a\tb\r\n<\"'&>", "", undefined];

  const file = await fileOf(options, ["a", "b", "c"], [{ row: 1, values, reason: "is odd" }]);

  expect((await readFile(options, file, ["a", "b", "c"])).rows).toEqual([values]);
});

/** A file with one row that cannot be read, the file of failed rows around it, and that row as it is and mended. */
interface Unread {
  readonly options: ImportOptions;
  readonly file: string;
  readonly around?: readonly [before: string, behind: string];
  readonly row: string;
  readonly mended: string;
}

const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
const CSV_FILE = ["WaybillReason,a,b\r\n", "\r\n"] as const;
const XML_FILE = [`<WaybillRows ${XSI}>\n`, "\n</WaybillRows>\n"] as const;

const UNREAD: readonly Unread[] = [
  {
    options: { kind: "csv" },
    file: "a,b\r\n1,2,3\r\n",
    around: CSV_FILE,
    row: '"row 1: has 3 values, but the file has 2 columns",1,2,3',
    mended: '"row 1: has 3 values, but the file has 2 columns",1,2',
  },
  {
    options: { kind: "csv" },
    file: 'a,b\n1,"2\n',
    around: CSV_FILE,
    row: 'row 1: has a quote that is never closed,"1,""2"',
    mended: "row 1: has a quote that is never closed,1,2",
  },
  {
    options: { kind: "csv", header: false, columns: ["a", "b"] },
    file: '1,"x"y\r\n',
    around: ["", "\r\n"],
    row: 'WaybillReason: row 1: has text after the closing quote in value 2,1,"x"y',
    mended: "1,2",
  },
  {
    options: { kind: "jsonl" },
    file: '{"a":1,"b":2,}\n',
    row: '{"WaybillReason":"row 1: is not JSON: \\" is missing before \\"}\\"","WaybillRaw":"{\\"a\\":1,\\"b\\":2,}"}',
    mended: '{"WaybillReason":"row 1: whatever","a":1,"b":2}',
  },
  {
    options: { kind: "jsonl" },
    file: '{"a":1,"b":2,"c":3}\n',
    row: '{"WaybillReason":"row 1: has a field that the import does not declare","a":1,"b":2,"c":3}',
    mended: '{"WaybillReason":"row 1: whatever","a":1,"b":2}',
  },
  {
    options: { kind: "json" },
    file: "[7]",
    around: ["[\n", "\n]\n"],
    row: '{"WaybillReason":"row 1: is not a JSON object","WaybillRaw":"7"}',
    mended: '{"a":1,"b":2}',
  },
  {
    options: { kind: "xml" },
    file: "<rows><r><a>1</a><a>9</a><b>2</b></r></rows>",
    around: XML_FILE,
    row: "<!-- row 1: stands twice in the row --><r><a>1</a><a>9</a><b>2</b></r>",
    mended: "<r><a>1</a><b>2</b></r>",
  },
  {
    options: { kind: "xml" },
    file: '<rows xmlns:p="urn:p">\n<p:r>x<a>1</a></p:r></rows>',
    around: XML_FILE,
    row: "<row><WaybillReason>row 1: has text beside its values</WaybillReason><WaybillRaw>&lt;p:r&gt;x&lt;a&gt;1&lt;/a&gt;&lt;/p:r&gt;</WaybillRaw></row>",
    mended: "<r><a>1</a><b>2</b></r>",
  },
  {
    options: { kind: "xml-lines" },
    file: "<r><a>1</b></r>\n",
    row: `<row ${XSI}><WaybillReason>row 1: is not well-formed XML: unexpected close tag (line 1)</WaybillReason><WaybillRaw>&lt;r&gt;&lt;a&gt;1&lt;/b&gt;&lt;/r&gt;</WaybillRaw></row>`,
    mended: "<r><a>1</a><b>2</b></r>",
  },
  {
    options: {
      kind: "fixed-width",
      columns: [
        { name: "a", start: 1, length: 1 },
        { name: "b", start: 2, length: 1 },
      ],
    },
    file: "123\n",
    row: "WaybillReason: row 1: has text after its last column, which ends at 2\n123",
    mended: "WaybillReason: row 1: whatever\n12",
  },
];

test.each(UNREAD)("failedRows gives back the unread row of $options.kind $file", async (unread) => {
  const { options, file, around: [before, behind] = ["", "\n"], row, mended } = unread;
  const { failures, raw, columns } = await readFile(options, file, ["a", "b"]);
  const failed = failures.map(({ row: number, reason }, index) => {
    return { row: number, reason, values: raw[index] ?? null };
  });

  const errors = await fileOf(options, columns, failed);

  expect(errors.toString()).toBe(before + row + behind);
  expect((await readFile(options, errors, ["a", "b"])).failures).toHaveLength(1);
  expect((await readFile(options, before + mended + behind, ["a", "b"])).rows).toEqual([
    ["1", "2"],
  ]);
});

describe("writeFailedRows", () => {
  test.each(FORMATS)(
    "writes a row that was too long to be kept so that %j does not take it for one",
    async (options) => {
      const file = await fileOf(
        options,
        ["a", "b"],
        [{ row: 3, values: null, reason: "is too long" }],
      );

      const read = await readFile(options, file, ["a", "b"]);
      expect([read.rows, read.failures.length]).toEqual([[], 1]);
    },
  );

  test.each(FORMATS)("writes an empty file as %j reads one", async (options) => {
    const file = await fileOf(options, ["a", "b"], []);

    expect(await readFile(options, file, ["a", "b"])).toMatchObject({
      columns: ["a", "b"],
      rows: [],
      failures: [],
    });
  });

  test("does not let a text of two csv rows pass for one", async () => {
    const rows = [{ row: 3, values: "1,2\n3,4", reason: "is odd" }];

    const file = await fileOf({ kind: "csv" }, ["a", "b"], rows);

    expect(file.toString()).toBe('WaybillReason,a,b\r\nrow 3: is odd,"1,2\n3,4"\r\n');
  });

  test("is fed only as fast as its bytes are taken", async () => {
    let rows = 0;
    async function* endless(): AsyncGenerator<FailedRow> {
      for (;;) {
        rows += 1;
        yield { row: rows, values: ["x".repeat(100)], reason: "is odd" };
      }
    }

    for await (const chunk of failedRows({ kind: "csv" }, ["a"], endless())) {
      expect(chunk.length).toBeGreaterThan(60_000);
      break;
    }

    expect(rows).toBeLessThan(1_000);
  });
});

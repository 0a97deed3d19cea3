import { describe, expect, test } from "vitest";
import type { GivenCell } from "../../../src/formats/rows.ts";
import { type ImportOptions, readFile, repeated, rowsOf } from "../read-file.ts";

const xml = (options: Omit<ImportOptions, "kind"> = {}): ImportOptions => ({
  kind: "xml",
  ...options,
});
const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** A document with these rows. */
const rows = (...elements: readonly string[]): string =>
  `<rows ${XSI}>\n${elements.map((element) => `<r>${element}</r>\n`).join("")}</rows>`;

const CELLS: readonly (readonly [xml: string, cell: GivenCell])[] = [
  ["<a>x</a>", "x"],
  ["<a></a>", ""],
  ["<a/>", ""],
  ["", undefined],
  ['<a xsi:nil="true"/>', null],
  ['<a xsi:nil="1"></a>', null],
  ['<a xsi:nil="false"/>', ""],
  ['<a xsi:nil="true">x</a>', "x"],
  ["<a>  x\n y </a>", "  x\n y "],
  ["<a>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;</a>", "<&>\"'A😀"],
  ["<a><![CDATA[<b> & ]]>c</a>", "<b> & c"],
  ["<a>x<!-- no --> y</a>", "x y"],
  ["<a>x\r\ny\rz&#13;&#10;</a>", "x\ny\nz\r\n"],
  ['<p:a xmlns:p="urn:x" xml:lang="de">x</p:a>', "x"],
];

test.each(CELLS)("xml reads %j", async (element, cell) => {
  expect(await rowsOf(xml(), rows(element), ["a"])).toEqual([[cell]]);
});

describe("xml reads", () => {
  test("the children of the root as rows, their elements as columns", async () => {
    const read = await readFile(xml(), rows("<b>1</b><a>2</a>", "<a>3</a><b>4</b>"));

    expect([read.columns, read.rows]).toEqual([
      ["b", "a"],
      [
        ["1", "2"],
        ["4", "3"],
      ],
    ]);
  });

  test("the elements that it is told, at any depth", async () => {
    const text =
      "<e><head><r>no</r></head><body><p:item xmlns:p='urn:x'><a>1</a></p:item><x/><item><a>2</a></item></body></e>";

    expect(await rowsOf(xml({ rowElement: "item" }), text)).toEqual([["1"], ["2"]]);
  });

  test("escaped names", async () => {
    const names = [
      "Order_x0020_Date",
      "_x0031_st",
      "a_x003A_b",
      "_x0001F600_",
      "_xZZZZ_",
      "_xFFFFFFFF_",
    ];
    const read = await readFile(xml(), rows(names.map((name) => `<${name}/>`).join("")));

    expect(read.columns).toEqual(["Order Date", "1st", "a:b", "😀", "_xZZZZ_", "_xFFFFFFFF_"]);
  });

  test("attributes when told so", async () => {
    const text = '<rows><r a="1" b="x &amp;&#10; y"/><r b="" xml:lang="de"/></rows>';

    expect(await rowsOf(xml({ values: "attributes" }), text)).toEqual([
      ["1", "x &\n y"],
      [null, ""],
    ]);
  });

  test("only known fields when others are to be ignored", async () => {
    const options = { unknownFields: "ignore" };

    expect(
      await rowsOf(
        xml(options),
        '<rows><r><a x="1">1</a></r><r y="2"><b><c>2</c></b><a>3</a></r></rows>',
      ),
    ).toEqual([["1"], ["3"]]);
    expect(
      await rowsOf(xml({ ...options, values: "attributes" }), '<rows><r a="1"><b/></r></rows>'),
    ).toEqual([["1"]]);
  });
});

describe("xml reads also", () => {
  test("no reason why a row failed before", async () => {
    expect(
      await rowsOf(xml(), rows("<WaybillReason>row 1: is odd</WaybillReason><a>1</a>")),
    ).toEqual([["1"]]);
  });

  test.each([
    "<rows/>",
    "<rows></rows>",
    "<rows>\n</rows>",
    "<?xml version='1.0'?><!-- x --><rows/>",
  ])("no rows of %s", async (text) => {
    expect(await readFile(xml(), text)).toMatchObject({ columns: [], rows: [] });
  });

  test.each([
    ['<?xml version="1.0" encoding="UTF-8"?>', "auto", "utf8"],
    ['<?xml version="1.0" encoding="utf-16"?>', "auto", "utf16le"],
    ['<?xml version="1.0" encoding="windows-1252"?>', "windows-1252", "latin1"],
    ['<?xml version="1.0" encoding="ISO-8859-1"?>', "windows-1252", "latin1"],
  ] as const)("%s with the encoding %s", async (declaration, encoding, written) => {
    const file = Buffer.from(declaration + rows("<a>Größe</a>"), written);

    expect(await rowsOf(xml({ encoding }), file)).toEqual([["Größe"]]);
  });
});

const BAD_ROWS: readonly (readonly [row: string, failure: object])[] = [
  ["<a>1</a><a>2</a>", { field: "a", reason: "stands twice in the row" }],
  ["<a xsi:nil='true'/><a>2</a>", { field: "a", reason: "stands twice in the row" }],
  ["<a><b>1</b></a>", { field: "a", reason: "holds elements" }],
  ["x<a>1</a>", { value: "x", reason: "has text beside its values" }],
  ["<c>1</c>", { field: "c", reason: "has a field that the first row does not have" }],
  ["<a c='1'>1</a>", { field: "c", reason: "is an attribute, but values are read from elements" }],
  [
    "<a>12345678901</a>",
    { field: "a", value: "12345678901", reason: "is longer than 10 characters" },
  ],
  [
    "<WaybillRaw>&lt;</WaybillRaw>",
    { reason: expect.stringContaining("is still the text of a row that cannot be read") },
  ],
];

test.each(BAD_ROWS)("xml fails the row %s alone", async (row, failure) => {
  const read = await readFile(
    xml({ maxFieldLength: 10 }),
    rows("<a>1</a><b>2</b>", row, "<a>3</a>"),
  );

  expect(read.failures).toEqual([expect.objectContaining({ row: 2, ...failure })]);
  expect(read.raw).toEqual([`<r>${row}</r>`]);
  expect([read.rows, read.numbers]).toEqual([
    [
      ["1", "2"],
      ["3", null],
    ],
    [1, 3],
  ]);
});

test("xml fails rows whose values stand in the other place", async () => {
  const attributes = await readFile(xml(), '<rows><r a="1"/></rows>', ["a"]);
  const elements = await readFile(xml({ values: "attributes" }), rows("<a>1</a>"), ["a"]);

  expect(attributes.failures[0]?.reason).toBe("is an attribute, but values are read from elements");
  expect(elements.failures[0]?.reason).toBe("is an element, but values are read from attributes");
});

test("xml fails a row that is too long, and reads on", async () => {
  const long = { piece: `<!-- --><x>${"y".repeat(64_000)}</x>`, times: 100 };

  const read = await readFile(
    xml({ unknownFields: "ignore" }),
    repeated("<rows><r><a>1</a></r><r>", long, "</r><r><a>3</a></r></rows>"),
  );

  expect(read.rows).toEqual([["1"], ["3"]]);
  expect(read.failures).toEqual([
    { row: 2, field: null, value: null, reason: "is longer than 4194304 characters" },
  ]);
  expect(read.raw).toEqual([null]);
});

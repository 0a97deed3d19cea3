import { expect, test } from "vitest";
import { type ImportOptions, readFile, rowsOf } from "../read-file.ts";

const lines = (options: Omit<ImportOptions, "kind"> = {}): ImportOptions => ({
  kind: "xml-lines",
  ...options,
});

test("xml-lines reads a document a line", async () => {
  const declared = '<?xml version="1.0"?><x><a>2</a></x>';
  const text = `<r><a>1</a></r>\r\n\n  \n${declared}\n<!-- x --><p:r xmlns:p="urn:x"><p:a>3</p:a></p:r>`;

  expect(await rowsOf(lines(), text)).toEqual([["1"], ["2"], ["3"]]);
});

const BAD_LINES: readonly (readonly [line: string, reason: string])[] = [
  ["<r><a>1</r>", "is not well-formed XML: unexpected close tag (line 1)"],
  ["<r><a>1</a>", "is not well-formed XML: unclosed tag: r (line 1)"],
  ["<r/><r/>", "is not well-formed XML: documents may contain only one root (line 1)"],
  ["a,b", "is not well-formed XML: text data outside of root node (line 1)"],
  ["<!DOCTYPE r><r/>", "has a DOCTYPE, which is not allowed (line 1)"],
  ["<r><?x?></r>", "has a processing instruction, which is not allowed (line 1)"],
  [`${"<r>".repeat(201)}${"</r>".repeat(201)}`, "is nested more than 200 deep (line 1)"],
  ["<r><b>1</b></r>", "has a field that the first row does not have"],
];

test.each(BAD_LINES)("xml-lines fails the line %.30s alone", async (line, reason) => {
  const read = await readFile(lines(), `<r><a>1</a></r>\n${line}\n<r><a>3</a></r>`);

  expect(read.failures.map((failure) => [failure.row, failure.reason])).toEqual([[2, reason]]);
  expect(read.raw).toEqual([line]);
  expect(read.rows).toEqual([["1"], ["3"]]);
});

test("xml-lines fails lines of another element when it is told one", async () => {
  const read = await readFile(lines({ rowElement: "r" }), "<r><a>1</a></r>\n<s><a>2</a></s>");

  expect(read.failures).toEqual([
    { row: 2, field: null, value: "s", reason: 'is not an element "r"' },
  ]);
});

test("xml-lines reads attributes when told so", async () => {
  expect(await rowsOf(lines({ values: "attributes" }), '<r a="1"/>\n<r/>')).toEqual([
    ["1"],
    [null],
  ]);
});

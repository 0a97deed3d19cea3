import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NotRepresentableError } from "../../../src/formats/not-representable.ts";
import type { ColumnType } from "../../../src/formats/rows.ts";
import { textOf } from "../write-file.ts";

/** A row of xml-lines with this one value, without the namespace that marked nulls need. */
function row(
  cell: string | null,
  options: Record<string, unknown> = {},
  type: ColumnType = "string",
): string {
  return textOf(
    { kind: "xml-lines", nulls: "omit", ...options },
    [{ name: "a", type }],
    [[cell]],
  ).slice(0, -1);
}

/** A row of xml with this one value. */
function rowInDocument(cell: string | null, options: Record<string, unknown> = {}): string {
  const file = textOf(
    { kind: "xml", declaration: false, nulls: "omit", ...options },
    [{ name: "a", type: "string" }],
    [[cell]],
  );
  return file.slice("<rows>\n".length, -"\n</rows>\n".length);
}

describe("xml text", () => {
  test.each([
    ["", "<a></a>"],
    [" x ", "<a> x </a>"],
    ["a & <b> ]]> \"q\" 'r'", "<a>a &amp; &lt;b&gt; ]]&gt; &quot;q&quot; 'r'</a>"],
    ["a\r\nb\tc", "<a>a&#13;\nb\tc</a>"],
    ["😀", "<a>😀</a>"],
    ["lone \uD83D & more", "<a>lone \uFFFD &amp; more</a>"],
    ["\u007F\u0085\u2028", "<a>\u007F\u0085\u2028</a>"],
    ["&#65;", "<a>&amp;#65;</a>"],
  ])("writes %j as %j", (cell, element) => {
    expect(rowInDocument(cell)).toBe(`<Items>${element}</Items>`);
  });

  test.each(["\u0000", "\u0007", "\u001F", "\uFFFE", "\uFFFF"])(
    "refuses %j, naming it",
    (character) => {
      const codePoint = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");

      expect(() => row(`x${character}`)).toThrow(NotRepresentableError);
      expect(() => row(`x${character}`)).toThrow(`U+${codePoint}`);
    },
  );

  test("replaces what XML cannot hold when told so", () => {
    expect(row("a\u0000b\uFFFFc", { controlCharacters: "replace" })).toBe(
      "<Items><a>a\uFFFDb\uFFFDc</a></Items>",
    );
  });
});

test("xml-lines writes every line end in a value as a reference", () => {
  expect(row("a\r\nb\u0085\u2028\u2029")).toBe(
    "<Items><a>a&#13;&#10;b&#133;&#8232;&#8233;</a></Items>",
  );
});

test("xml-lines never breaks a line inside a row", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (cell) => {
      expect(row(cell, { controlCharacters: "replace" })).not.toMatch(/[\r\n\u0085\u2028\u2029]/);
    }),
  );
});

test("xml marks nulls, or leaves them out when told so", () => {
  expect(rowInDocument(null)).toBe("<Items></Items>");
  expect(row(null, { nulls: undefined })).toBe(
    '<Items xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><a xsi:nil="true"/></Items>',
  );
});

test.each([
  ["NaN", "NaN"],
  ["Infinity", "INF"],
  ["-Infinity", "-INF"],
  ["5e-324", "5e-324"],
])("xml writes the double %s as XML Schema does: %s", (cell, text) => {
  expect(row(cell, {}, "double")).toBe(`<Items><a>${text}</a></Items>`);
});

test("xml does not take the text Infinity for a number", () => {
  expect(row("Infinity")).toBe("<Items><a>Infinity</a></Items>");
});

test("xml escapes a broken number like text, so that a wrong source cannot break the file", () => {
  expect(row("<1>", {}, "integer")).toBe("<Items><a>&lt;1&gt;</a></Items>");
});

test("xml writes declaration, root, namespaces and names as chosen", () => {
  const columns = [{ name: "Order Date", type: "date" }] as const;
  const options = {
    kind: "xml",
    rootElement: "Document",
    rowElement: "Order",
    namespace: "https://example.org/?a=1&b=2",
    nulls: "xsi-nil",
  };

  expect(textOf(options, columns, [["2024-02-29"]])).toBe(
    '<?xml version="1.0" encoding="utf-8"?>\n' +
      '<Document xmlns="https://example.org/?a=1&amp;b=2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n' +
      "<Order><Order_x0020_Date>2024-02-29</Order_x0020_Date></Order>\n" +
      "</Document>\n",
  );
});

test("xml is a document without rows too, and xml-lines is empty then", () => {
  expect(textOf({ kind: "xml", nulls: "omit", declaration: false }, [], [])).toBe(
    "<rows>\n</rows>\n",
  );
  expect(textOf({ kind: "xml-lines" }, [], [])).toBe("");
});

test("xml names rows after the entity, escaped", () => {
  const file = textOf({ kind: "xml-lines", nulls: "omit", namespace: "urn:x" }, [], [[]]);

  expect(file).toBe('<Items xmlns="urn:x"></Items>\n');
});

import { expect, test } from "vitest";
import { UnreadableFileError } from "../../src/formats/unreadable-file-error.ts";
import { type ImportOptions, readFile, repeated } from "./read-file.ts";

const xml: ImportOptions = { kind: "xml" };
const rows = "<rows><r><a>1</a></r></rows>";
const nested = "<a>".repeat(201) + "</a>".repeat(201);
const attributes = Array.from({ length: 1_101 }, (_, index) => `a${index}=""`).join(" ");
const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`);

const REFUSED: readonly (readonly [what: string, text: string, because: string])[] = [
  ["nothing", "", "it is not well-formed XML: document must contain a root element"],
  ["text", "id;name", "it is not well-formed XML: text data outside of root node"],
  ["JSON", '[{"a":1}]', "it is not well-formed XML: text data outside of root node"],
  [
    "a document that is cut off",
    rows.slice(0, -3),
    "it is not well-formed XML: unclosed tag: rows (line 1), at row 2",
  ],
  ["a row that is cut off", rows.slice(0, 16), "it is not well-formed XML: unclosed tag"],
  [
    "tags that cross",
    "<rows>\n<r><a></r></a></rows>",
    "it is not well-formed XML: unexpected close tag (line 2), at row 1",
  ],
  ["two roots", rows + rows, "it is not well-formed XML: documents may contain only one root"],
  [
    "an attribute twice",
    '<rows a="1" a="2"/>',
    "it is not well-formed XML: duplicate attribute: a",
  ],
  [
    "an attribute without quotes",
    "<rows a=1/>",
    "it is not well-formed XML: unquoted attribute value",
  ],
  ["a bare ampersand", "<rows><r><a>R&D</a></r></rows>", "it is not well-formed XML"],
  [
    "an entity of HTML",
    "<rows><r><a>&nbsp;</a></r></rows>",
    "it is not well-formed XML: undefined entity",
  ],
  [
    "an entity of JavaScript",
    "<rows><r><a>&constructor;</a></r></rows>",
    "it is not well-formed XML: undefined entity",
  ],
  [
    "a zero character",
    "<rows>&#0;</rows>",
    "it is not well-formed XML: malformed character entity",
  ],
  ["a control character", "<rows>\u0007</rows>", "it is not well-formed XML: disallowed character"],
  [
    "a prefix without a namespace",
    "<rows><x:r/></rows>",
    'it is not well-formed XML: unbound namespace prefix: "x"',
  ],
  ["a DOCTYPE", `<!DOCTYPE rows>${rows}`, "it has a DOCTYPE, which is not allowed"],
  [
    "an external entity",
    `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rows><r><a>&x;</a></r></rows>`,
    "it has a DOCTYPE, which is not allowed",
  ],
  [
    "a billion laughs",
    `<!DOCTYPE r [<!ENTITY l0 "ha">${laughs.join("")}]><rows>&l9;</rows>`,
    "it has a DOCTYPE, which is not allowed",
  ],
  [
    "a processing instruction",
    `<?php x ?>${rows}`,
    "it has a processing instruction, which is not allowed",
  ],
  [
    "an instruction inside",
    "<rows><?x y?></rows>",
    "it has a processing instruction, which is not allowed",
  ],
  ["deep nesting", `<rows>${nested}</rows>`, "it is nested more than 200 deep"],
  [
    "many attributes",
    `<rows><r ${attributes}/></rows>`,
    "it has an element with more than 1100 attributes",
  ],
  [
    "a long name",
    `<rows><${"x".repeat(1_001)}/></rows>`,
    "it has a name of more than 1000 characters",
  ],
  [
    "a long name of an attribute",
    `<rows ${"x".repeat(1_001)}="1"/>`,
    "it has a name of more than 1000 characters",
  ],
  [
    "UTF-7",
    `<?xml version="1.0" encoding="UTF-7"?>${rows}`,
    'it declares the encoding "UTF-7": choose the import\'s encoding',
  ],
  [
    "Latin-1 that nobody chose",
    `<?xml version="1.0" encoding="ISO-8859-1"?>${rows}`,
    'it declares the encoding "ISO-8859-1"',
  ],
  ["XML 1.1", `<?xml version="1.1"?>${rows}`, "it is XML 1.1, not 1.0"],
  [
    "a declaration too late",
    ` <?xml version="1.0"?>${rows}`,
    "it is not well-formed XML: an XML declaration must be at the start",
  ],
];

test.each(REFUSED)("xml refuses %s", async (_, text, because) => {
  const refusal = readFile(xml, text, ["a"]);

  await expect(refusal).rejects.toThrow(UnreadableFileError);
  await expect(refusal).rejects.toThrow(because);
});

test.each([
  ["text", "<rows><r><a>", "x"],
  ["a comment", "<rows><!--", "x"],
  ["CDATA", "<rows><r><a><![CDATA[", "x"],
  ["a name", "<rows><", "x"],
  ["an attribute", '<rows a="', "x"],
  ["attributes", "<rows", ' a=""'],
  ["an instruction", "<?", "x"],
  ["a DOCTYPE", "<!DOCTYPE x [", "<!-- x -->"],
  ["an entity", "<rows>&", "x"],
])("xml refuses %s without an end", async (_, start, piece) => {
  const endless = { piece: piece.repeat(10_000), times: 1_000 };

  await expect(readFile(xml, repeated(start, endless), ["a"])).rejects.toThrow(
    "it has a text, comment or tag of more than 4194304 characters",
  );
});

test("xml refuses a document in which no element is the one that it is told", async () => {
  const options: ImportOptions = { kind: "xml", rowElement: "Item" };

  await expect(readFile(options, "<Items><item><a>1</a></item></Items>")).rejects.toThrow(
    'it has no element "Item", but "item"',
  );
});

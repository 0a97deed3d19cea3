import { expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import type { Cell, Column, Row } from "../../../src/formats/rows.ts";
import { readByPython } from "../foreign-readers.ts";
import { byteOrderMarkText, columns, controlTexts, rowsOf, texts } from "../nasty-rows.ts";
import { bytesOf } from "../write-file.ts";

const rows = rowsOf([byteOrderMarkText, ...texts]);
const NAMESPACE = "https://example.org/items";

/** Rows as Python's ElementTree sees them: pairs of element name and text, null for xsi:nil. */
const PYTHON_ROWS = `
import xml.etree.ElementTree as ET
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
def cells(row):
    return [[cell.tag, None if cell.get(NIL) == "true" else (cell.text or "")] for cell in row]
`;

function elementsOf(all: readonly Row[], nulls: "omit" | "xsi-nil", prefix = ""): unknown[] {
  const named = (row: Row): [string, Cell][] =>
    row.map((cell, index) => [prefix + (columns[index]?.name ?? ""), cell]);
  return all.map((row) => named(row).filter(([, cell]) => nulls === "xsi-nil" || cell !== null));
}

test("Python reads every value of an xml file back", async () => {
  const file = await bytesOf({ kind: "xml", nulls: "omit" }, columns, rows);

  const script = `${PYTHON_ROWS}\nresult = [cells(row) for row in ET.fromstring(data)]`;
  expect(readByPython(script, file)).toEqual(elementsOf(rows, "omit"));
});

test("Python reads nulls, empty texts and the namespace", async () => {
  const file = await bytesOf(
    { kind: "xml", nulls: "xsi-nil", namespace: NAMESPACE },
    columns,
    rows,
  );

  const script = `${PYTHON_ROWS}\nresult = [cells(row) for row in ET.fromstring(data)]`;
  expect(readByPython(script, file)).toEqual(elementsOf(rows, "xsi-nil", `{${NAMESPACE}}`));
});

test("Python reads xml-lines line by line, by its widest notion of a line", async () => {
  const options = { kind: "xml-lines", nulls: "xsi-nil", namespace: NAMESPACE };
  const file = await bytesOf(options, columns, rows);

  const script = `${PYTHON_ROWS}\nresult = [cells(ET.fromstring(line)) for line in data.decode().splitlines()]`;
  expect(readByPython(script, file)).toEqual(elementsOf(rows, "xsi-nil", `{${NAMESPACE}}`));
});

test("Python reads replaced control characters as U+FFFD", async () => {
  const two = columns.slice(0, 2);
  const file = await bytesOf(
    { kind: "xml", controlCharacters: "replace" },
    two,
    rowsOf(controlTexts),
  );

  const script = `${PYTHON_ROWS}\nresult = [cells(row)[1][1] for row in ET.fromstring(data)]`;
  expect(readByPython(script, file)).toEqual([
    "bell \uFFFD",
    "escape \uFFFD[0m",
    "last \uFFFD\uFFFD",
  ]);
});

const XSD_TYPES: Readonly<Record<Column["type"], string>> = {
  string: "xs:string",
  boolean: "xs:boolean",
  integer: "xs:long",
  decimal: "xs:decimal",
  double: "xs:double",
  date: "xs:date",
  time: "xs:time",
  datetime: "xs:dateTime",
  "local-datetime": "xs:dateTime",
  uuid: "xs:string",
  json: "xs:string",
  binary: "xs:base64Binary",
};

const SCHEMA = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="${NAMESPACE}"
  elementFormDefault="qualified"><xs:element name="rows"><xs:complexType><xs:sequence>
  <xs:element name="Items" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
  ${columns.map(({ name, type }) => `<xs:element name="${name}" type="${XSD_TYPES[type]}" nillable="true"/>`).join("")}
  </xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>`;

async function validityOf(
  contents: string,
): Promise<{ valid: boolean; errors: readonly unknown[] }> {
  return validateXML({
    xml: [{ fileName: "items.xml", contents }],
    schema: [{ fileName: "items.xsd", contents: SCHEMA }],
    initialMemoryPages: 1024,
    maxMemoryPages: 4096,
  });
}

test("xmllint finds every value valid for its XML Schema type", async () => {
  const withInfinities = [
    ...rows,
    ...["NaN", "Infinity", "-Infinity"].map((ratio) => rows[0]?.with(4, ratio) ?? []),
  ];
  const options = { kind: "xml", nulls: "xsi-nil", namespace: NAMESPACE };

  const { valid, errors } = await validityOf(
    (await bytesOf(options, columns, withInfinities)).toString(),
  );

  expect(errors).toEqual([]);
  expect(valid).toBe(true);
});

test("xmllint would notice a wrong value", async () => {
  const file = await bytesOf({ kind: "xml", nulls: "xsi-nil", namespace: NAMESPACE }, columns, [
    rows[0]?.with(4, "infinite") ?? [],
  ]);

  expect((await validityOf(file.toString())).valid).toBe(false);
});

test("Python and xmllint accept escaped names", async () => {
  const odd = ["Order Date", "1st", "a:b", "XmlData", "größe", "日本", "<&>"].map((name) => ({
    name,
    type: "string" as const,
  }));
  const file = await bytesOf({ kind: "xml" }, odd, [odd.map(({ name }) => name)]);

  const names = readByPython(
    `${PYTHON_ROWS}\nresult = [pair[1] for pair in cells(ET.fromstring(data)[0])]`,
    file,
  );

  expect(names).toEqual(odd.map(({ name }) => name));
});

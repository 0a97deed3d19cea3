import fc from "fast-check";
import { expect, test } from "vitest";
import { xmlName } from "../../../src/formats/xml/element-name.ts";
import { XML_NAME_REGEXP } from "../../../src/formats/xml/name-characters.ts";

test.each([
  ["Amount", "Amount"],
  ["größe", "größe"],
  ["Order Date", "Order_x0020_Date"],
  ["1st", "_x0031_st"],
  ["a1", "a1"],
  ["-a", "_x002D_a"],
  ["a:b", "a_x003A_b"],
  ["a<b>&\"'", "a_x003C_b_x003E__x0026__x0022__x0027_"],
  ["XmlData", "_x0058_mlData"],
  ["a_x0020_b", "a_x005F_x0020_b"],
  ["a_b", "a_b"],
  ["ª", "_x00AA_"],
  ["😀", "😀"],
  ["\u{F0000}", "_x000F0000_"],
  ["\uD83D", "_xD83D_"],
])("xmlName writes %j as %s", (text, name) => {
  expect(xmlName(text)).toBe(name);
});

test("xmlName refuses the empty name", () => {
  expect(() => xmlName("")).toThrow(RangeError);
});

/** As .NET's XmlConvert.DecodeName reads it. */
function decoded(name: string): string {
  return name.replace(/_x([0-9A-Fa-f]{4}|[0-9A-Fa-f]{8})_/g, (_, digits) =>
    String.fromCodePoint(Number.parseInt(digits, 16)),
  );
}

const trickyName = fc
  .array(
    fc.oneof(
      fc.constantFrom("_", "x", "0020", "_x", "xml", " ", "1"),
      fc.string({ unit: "binary" }),
    ),
    {
      minLength: 1,
    },
  )
  .map((parts) => parts.join(""))
  .filter((text) => text !== "");

test("xmlName gives a name for any text, and the text can be read back", () => {
  fc.assert(
    fc.property(trickyName, (text) => {
      const name = xmlName(text);

      expect(name).toMatch(XML_NAME_REGEXP);
      expect(decoded(name)).toBe(text);
    }),
  );
});

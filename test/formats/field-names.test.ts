import { expect, test } from "vitest";
import { matchFields } from "../../src/formats/field-names.ts";

test.each<
  [what: string, names: [wanted: string[], fields: string[]], found: Record<string, string>]
>([
  [
    "equal names",
    [
      ["a", "b"],
      ["b", "a"],
    ],
    { a: "a", b: "b" },
  ],
  [
    "case, blanks and a byte order mark",
    [["Price"], ["\uFEFF PRICE\t"]],
    { Price: "\uFEFF PRICE\t" },
  ],
  [
    "letters with marks put together otherwise",
    [["Gr\u00F6\u00DFe"], ["gro\u0308\u00DFe"]],
    { Gr\u00F6\u00DFe: "gro\u0308\u00DFe" },
  ],
  ["the exact one of several", [["price"], ["Price", "price", "PRICE"]], { price: "price" }],
  ["none of several that could be meant", [["price"], ["Price", "PRICE"]], {}],
  ["none where several could mean it", [["price", "PRICE"], ["Price"]], {}],
  [
    "none where one is exact and the other could be meant too",
    [
      ["price", "Price"],
      ["Price", "PRICE"],
    ],
    { Price: "Price" },
  ],
  ["nothing in blanks inside of a name", [["item no"], ["itemno"]], {}],
  ["names of JavaScript", [["constructor"], ["__proto__"]], {}],
])("matchFields finds %s", (_, [wanted, fields], found) => {
  expect(matchFields(wanted, fields)).toEqual(new Map(Object.entries(found)));
});

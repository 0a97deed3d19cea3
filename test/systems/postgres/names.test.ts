import { expect, test } from "vitest";
import { quoteTable, tableParts } from "../../../src/systems/postgres/names.ts";

test.each([
  ["shop.items", ["shop", "items"], '"shop"."items"'],
  ['shop."Order lines"', ["shop", "Order lines"], '"shop"."Order lines"'],
  ['"a.b"."say ""hi"""', ["a.b", 'say "hi"'], '"a.b"."say ""hi"""'],
])("the table name %s is taken apart, and quoted", (name, parts, quoted) => {
  expect(tableParts(name)).toEqual(parts);
  expect(quoteTable(name)).toBe(quoted);
});

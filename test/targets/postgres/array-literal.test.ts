import fc from "fast-check";
import { expect, test } from "vitest";
import { arrayLiteral } from "../../../src/targets/postgres/array-literal.ts";

const asItIs = (text: string) => text;

test.each([
  ["[]", "{}"],
  ["[1, 12345678901234567890.10, 1e400]", '{"1","12345678901234567890.10","1e400"}'],
  ['[null, "null", "NULL", ""]', '{NULL,"null","NULL",""}'],
  ["[true, false]", '{"true","false"}'],
  ["[[1],[2]]", '{{"1"},{"2"}}'],
  ['[{"a":1.50,"b":[1]}]', '{"{\\"a\\":1.50,\\"b\\":[1]}"}'],
])("arrayLiteral writes %s as %s", (json, literal) => {
  expect(arrayLiteral(json, ",", asItIs)).toBe(literal);
});

test("arrayLiteral parts elements by the type's delimiter", () => {
  expect(arrayLiteral('["(1,1)","(2,2)"]', ";", asItIs)).toBe('{"(1,1)";"(2,2)"}');
});

test("arrayLiteral quotes any text so that its end is its end", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
      const literal = arrayLiteral(JSON.stringify(texts), ",", asItIs) ?? "";

      const quoted = [...literal.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, text = ""]) =>
        text.replace(/\\(.)/gs, "$1"),
      );
      expect(quoted).toEqual(texts.map((text) => JSON.parse(JSON.stringify(text))));
    }),
  );
});

test.each(["", "{", "1", '"x"', '{"a":1}', "[1", `${"[".repeat(100_000)}`])(
  "arrayLiteral takes no %.10s",
  (json) => {
    expect(arrayLiteral(json, ",", asItIs)).toBeNull();
  },
);

test("arrayLiteral takes no array with an element that the type does not take", () => {
  const even = (text: string) => (Number(text) % 2 === 0 ? text : null);

  expect(arrayLiteral("[2,4]", ",", even)).toBe('{"2","4"}');
  expect(arrayLiteral("[2,3]", ",", even)).toBeNull();
});

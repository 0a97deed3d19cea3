import fc from "fast-check";
import { expect, test } from "vitest";
import {
  arrayLiteral,
  eachElement,
} from "../../../../src/systems/postgres/target/array-literal.ts";

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
      const literal = String(arrayLiteral(JSON.stringify(texts), ",", asItIs));

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
    expect(arrayLiteral(json, ",", asItIs)).toEqual({ because: null });
  },
);

test("arrayLiteral takes no array with an element that the type does not take", () => {
  const even = (text: string) => (Number(text) % 2 === 0 ? text : { because: null });

  expect(arrayLiteral("[2,4]", ",", even)).toBe('{"2","4"}');
  expect(arrayLiteral("[2,3]", ",", even)).toEqual({ because: null });
});

test.each([
  ["{}", "{}"],
  ["{1, 2,NULL}", '{"1","2",NULL}'],
  ['{{"a b","c\\"d"},{"e\\\\",f}}', '{{"a b","c\\"d"},{"e\\\\","f"}}'],
  ["[0:1]={1,2}", '[0:1]={"1","2"}'],
  ['{"NULL",""}', '{"NULL",""}'],
])("eachElement keeps the elements of %s", (text, literal) => {
  expect(eachElement(text, ",", asItIs)).toBe(literal);
});

test("eachElement takes no array with an element that the type does not take", () => {
  const even = (text: string) => (Number(text) % 2 === 0 ? text : { because: null, stored: "2" });

  expect(eachElement("{2,3}", ",", even)).toEqual({ because: null, stored: "2" });
});

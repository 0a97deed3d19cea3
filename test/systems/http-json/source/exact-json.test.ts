import fc from "fast-check";
import { expect, test } from "vitest";
import {
  exactText,
  numberText,
  parseExact,
  stringText,
} from "../../../../src/systems/http-json/source/exact-json.ts";

const NUMBERS = [
  ...["0", "-0", "1", "-1", "1.5", "1.50", "1e3", "1E+3", "-1.0e-7", "123456789012345"],
  ...["9007199254740993", "-9007199254740993", "0.1000000000000000055511151231257827", "1e400"],
  "1".repeat(1_000),
];

test.each(NUMBERS)("parseExact keeps the digits of %s", (token) => {
  const value = parseExact(`{"a":[${token} , "${token}"],"${token}":${token}}`);

  const { a, [token]: last } = value as Record<string, unknown>;
  const [number, string] = a as unknown[];
  expect([number, last].map(numberText)).toEqual([token, token]);
  expect([stringText(number), numberText(string), stringText(string)]).toEqual([null, null, token]);
  expect(exactText(value)).toContain(`"a":[${token},"${token}"]`);
});

test.each([
  "01",
  "1.",
  ".5",
  "+1",
  "1e",
  "--1",
  "1.2.3",
  "1-2",
  "[1.50",
  '{"a":1.50,}',
  "1.50 2.50",
])("parseExact refuses %s, as JSON does", (text) => {
  expect(() => parseExact(text)).toThrow(SyntaxError);
});

test("parseExact reads everything but numbers as JSON.parse does, and exactText writes it back", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat({ max: 2 }), (value, space) => {
      const text = JSON.stringify(value, null, space);

      expect(JSON.parse(exactText(parseExact(text)))).toEqual(JSON.parse(text));
    }),
  );
});

test("parseExact reads many numbers that a JavaScript number would change", () => {
  const value = parseExact(`[${"1.50,".repeat(30_000)}2.50]`) as unknown[];

  expect(value).toHaveLength(30_001);
  expect([value[0], value[29_999], value[30_000]].map(numberText)).toEqual([
    "1.50",
    "1.50",
    "2.50",
  ]);
});

test("a string that looks like a number of ours is a string", () => {
  const mark = (parseExact("[1.50]") as string[])[0]?.slice(0, 5) ?? "";

  expect(stringText((parseExact(JSON.stringify([`${mark}1`])) as unknown[])[0])).toBe(`${mark}1`);
});

import { expect, test } from "vitest";
import { parseRouteTemplate } from "../../src/http/route-template.ts";

test.each([
  ["/data", 'cannot start with "/"'],
  ["~/data", 'cannot start with "~"'],
  ["a//b", 'two "/"'],
  ["a?b", '"?" stands outside'],
  ["a/{b", '"{" has no "}"'],
  ["a/b}", '"}" has no "{"'],
  ["a/{}", "no valid parameter name"],
  ["a/{b/c}", "no valid parameter name"],
  ["{*rest}/a", "must be the last segment"],
  ["a{*rest}", "must be the last segment"],
  ["{*rest?}", "cannot be optional as well as catch-all"],
  ["{a=1?}", "cannot be optional as well as"],
  ["{a}{b}", 'a literal must stand between "a" and "b"'],
  ["x-{a?}", 'optional "a" must stand alone'],
  ["{a}/{A}", 'parameter "a" appears twice'],
  ["{a:integer}", 'no route constraint "integer"'],
  ["{a:int(3)}", 'no route constraint "int(3)"'],
  ["{a:length}", 'no route constraint "length"'],
  ["{a:length(x)}", 'no route constraint "length(x)"'],
  ["{a:range(1)}", 'no route constraint "range(1)"'],
  ["{a:regex([)}", "Invalid regular expression"],
])("parseRouteTemplate refuses %s", (text, reason) => {
  expect(() => parseRouteTemplate(text)).toThrow(reason);
});

test("parseRouteTemplate tells the parameters apart", () => {
  const { parameters } = parseRouteTemplate("a/{b:int:min(3)}/{c?}/{d=5}/{*e}");

  expect(
    parameters.map(({ constraints, ...rest }) => ({ ...rest, count: constraints.length })),
  ).toMatchInlineSnapshot(`
      [
        {
          "count": 2,
          "defaultValue": null,
          "isCatchAll": false,
          "isOptional": false,
          "kind": "parameter",
          "name": "b",
        },
        {
          "count": 0,
          "defaultValue": null,
          "isCatchAll": false,
          "isOptional": true,
          "kind": "parameter",
          "name": "c",
        },
        {
          "count": 0,
          "defaultValue": "5",
          "isCatchAll": false,
          "isOptional": false,
          "kind": "parameter",
          "name": "d",
        },
        {
          "count": 0,
          "defaultValue": null,
          "isCatchAll": true,
          "isOptional": false,
          "kind": "parameter",
          "name": "e",
        },
      ]
    `);
});

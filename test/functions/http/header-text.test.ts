import { expect, test } from "vitest";
import { headerText } from "../../../src/functions/http/header-text.ts";

test.each([
  ["groups 1.csv", "groups 1.csv"],
  ["  x  ", "x"],
  ["", null],
  ["a\tb", "ab"],
  ["F%C3%B8royar%20%E6%97%A5%E6%9C%AC.csv", "Føroyar 日本.csv"],
  ["F%c3%b8royar.csv", "Føroyar.csv"],
  ["100%.csv", "100%.csv"],
  ["%F8royar.csv", "%F8royar.csv"],
  ["a%00%0d%0ab", "ab"],
  ["%20", null],
  ["../../etc/passwd", "../../etc/passwd"],
  ["x".repeat(300), "x".repeat(255)],
])("the header %j is the text %j", (value, expected) => {
  expect(headerText(new Headers({ name: value }), "name")).toBe(expected);
});

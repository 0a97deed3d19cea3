import fc from "fast-check";
import { expect, test } from "vitest";
import { decodePath, encodePath } from "../../src/http/request-path.ts";

test.each([
  ["/a%20b", "/a b"],
  ["/%C3%BC", "/ü"],
  ["/a%2Fb%2fc", "/a%2Fb%2fc"],
  ["/100%", "/100%"],
  ["/%zz%41", "/%zzA"],
  ["/%FF%41", "/%FFA"],
  ["/%C3%28", "/%C3("],
  ["/%E2%82%AC%FF", "/€%FF"],
  ["/a/./b", "/a/b"],
  ["/a/../b", "/b"],
  ["/a/%2e%2e/b", "/b"],
  ["/a/..%2fb", "/a/..%2fb"],
  ["/../../x", "/x"],
  ["/a/..", "/"],
  ["/a/.", "/a/"],
  ["/", "/"],
])("decodePath(%s) is %s", (raw, expected) => {
  expect(decodePath(raw)).toBe(expected);
});

test("decodePath refuses NUL", () => {
  expect(decodePath("/a%00b")).toBeNull();
});

test("encodePath makes a request line of any path", () => {
  expect(encodePath('/a b/ü/a%2Fb/100%/"<>?#')).toBe("/a%20b/%C3%BC/a%2Fb/100%25/%22%3C%3E%3F%23");
});

test("decodePath reads what encodePath wrote", () => {
  const segment = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter((text) => !/[/%\0]|^\.+$/.test(text));
  fc.assert(
    fc.property(fc.array(segment), (segments) => {
      const path = `/${segments.join("/")}`;
      expect(decodePath(encodePath(path))).toBe(path);
    }),
  );
});

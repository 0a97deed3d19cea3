import fc from "fast-check";
import { expect, test } from "vitest";
import { attachment } from "../../../src/functions/http/content-disposition.ts";

test.each([
  ["a.csv", 'attachment; filename="a.csv"'],
  ["7e06807f-ce82.jsonl.gz", 'attachment; filename="7e06807f-ce82.jsonl.gz"'],
  ["two words.csv", 'attachment; filename="two words.csv"'],
  ["it's (1).csv", 'attachment; filename="it\'s (1).csv"'],
  ['a"b.csv', "attachment; filename=\"a_b.csv\"; filename*=UTF-8''a%22b.csv"],
  ["100%.csv", "attachment; filename=\"100_.csv\"; filename*=UTF-8''100%25.csv"],
  ["Æble*'.csv", "attachment; filename=\"_ble*'.csv\"; filename*=UTF-8''%C3%86ble%2A%27.csv"],
  ["😀.csv", "attachment; filename=\"_.csv\"; filename*=UTF-8''%F0%9F%98%80.csv"],
  ["half\ud83d.csv", "attachment; filename=\"half_.csv\"; filename*=UTF-8''half%EF%BF%BD.csv"],
  ["a\r\nSet-Cookie: x=1", 'attachment; filename="aSet-Cookie: x=1"'],
  ["a\u0000b\u0085c.csv", 'attachment; filename="abc.csv"'],
  ["invoice\u202Efdp.exe", 'attachment; filename="invoicefdp.exe"'],
  ["../../etc/passwd", 'attachment; filename=".._.._etc_passwd"'],
  ["C:\\temp\\a.csv", 'attachment; filename="C:_temp_a.csv"'],
  ["", 'attachment; filename="file"'],
  ["..", 'attachment; filename="file"'],
  [" \t ", 'attachment; filename="file"'],
])("attachment of %j", (name, expected) => {
  expect(attachment(name)).toBe(expected);
});

test("attachment cuts a name of any length", () => {
  expect(attachment("x".repeat(5_000))).toBe(`attachment; filename="${"x".repeat(200)}"`);
  expect(attachment("😀".repeat(5_000))).toContain(`''${"%F0%9F%98%80".repeat(200)}`);
});

const HEADER_REGEXP =
  /^attachment; filename="[^"\\]+"(?:; filename\*=UTF-8''(?<extended>(?:[\w!#$&+.^`|~-]|%[0-9A-F]{2})+))?$/;

test("attachment of whatever name is a header with one file name, which can be read back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (name) => {
      const value = attachment(name);
      const { extended = "" } = HEADER_REGEXP.exec(value)?.groups ?? {};
      new Headers({ "content-disposition": value });
      return HEADER_REGEXP.test(value) && decodeURIComponent(extended).isWellFormed();
    }),
  );
}, 60_000);

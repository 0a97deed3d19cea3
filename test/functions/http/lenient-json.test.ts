import { expect, test } from "vitest";
import { lenientMembers } from "../../../src/functions/http/lenient-json.ts";

const ID = "adc1f450-9dca-415c-bd6b-5cbfa33285b5";
const SIX_FIELDS = {
  CorrelationId: ID,
  PopReceipt: "b-_64",
  DownloadLocation: `https://host/api/connector/download/x?correlation-id=${ID}`,
  IsDownLoadFileExist: true,
  FileDownLoadErrorMessage: null,
  LastDequeueDateTime: null,
};

/** The acknowledgements that are known from clients, and what they mean. */
test.each<[string, string, Record<string, unknown>]>([
  [
    "three members",
    JSON.stringify({ CorrelationId: ID, PopReceipt: "b-_64", DownloadLocation: "https://host/x" }),
    { correlationid: ID, popreceipt: "b-_64" },
  ],
  ["the dequeue answer word for word", JSON.stringify(SIX_FIELDS), { popreceipt: "b-_64" }],
  [
    "the dequeue answer, indented and with line ends of Windows",
    JSON.stringify(SIX_FIELDS, null, 2).replaceAll("\n", "\r\n"),
    { correlationid: ID, isdownloadfileexist: true, filedownloaderrormessage: null },
  ],
  ["the id alone in an object", `{"CorrelationId":"${ID}"}`, { correlationid: ID }],
  ["the id alone as a JSON string", `"${ID}"`, { correlationid: ID }],
  ["the id alone as it is", ID, { correlationid: ID }],
  ["the id alone in braces", `{${ID}}`, { correlationid: `{${ID}}` }],
  ["the id alone in single quotes", `'${ID}'`, { correlationid: ID }],
  ["single quotes", `{'CorrelationId':'${ID}'}`, { correlationid: ID }],
  ["single and double quotes", `{'a':"it's",'b':'say "x"'}`, { a: "it's", b: 'say "x"' }],
  [
    "escapes in single quotes",
    `{'a':'it\\'s','b':'a\\\\','c':'\\u0041'}`,
    { a: "it's", b: "a\\", c: "A" },
  ],
  ["an id wrapped in quotes once more", `{"executionId":"\\"${ID}\\""}`, { executionid: ID }],
  ["an id wrapped in quotes twice more", `{"id":"'\\"${ID}\\"'"}`, { id: ID }],
  ["an id wrapped in braces", `{"id":"{${ID}}"}`, { id: `{${ID}}` }],
  ["names in lower case", `{"correlationid":"${ID}"}`, { correlationid: ID }],
  ["names in upper case", `{"CORRELATIONID":"${ID}"}`, { correlationid: ID }],
  ["blanks around it", `\r\n {"CorrelationId":"${ID}"} \n`, { correlationid: ID }],
  ["a name twice", `{"a":1,"A":2}`, { a: 2 }],
  ["a lone quote as value", `{"a":"\\""}`, { a: '"' }],
  ["empty quotes as value", `{"a":"''"}`, { a: "" }],
  [
    "numbers, lists and objects",
    `{"a":1,"b":[1],"c":{"d":"'x'"}}`,
    { a: 1, b: [1], c: { d: "'x'" } },
  ],
])("reads %s", (_, text, expected) => {
  expect(Object.fromEntries(lenientMembers(text, "CorrelationId"))).toMatchObject(expected);
});

test.each(["", "  \r\n", "{}", "{ }"])("reads %j as nothing", (text) => {
  expect(lenientMembers(text, "CorrelationId")).toEqual(new Map());
});

test.each([
  "[]",
  "null",
  "1",
  "true",
  "{",
  "{'a':'b}",
  "{a:1}",
  "<xml/>",
  "a b",
  "'",
  '"',
  "\\",
  "CorrelationId=x",
])("refuses %j", (text) => {
  expect(() => lenientMembers(text, "CorrelationId")).toThrow(
    expect.objectContaining({ code: "request-invalid" }),
  );
});

test("refuses a value alone where no member may stand alone", () => {
  expect(() => lenientMembers(ID)).toThrow(expect.objectContaining({ code: "request-invalid" }));
});

test("members named like parts of every object are members like others", () => {
  const members = lenientMembers('{"__proto__":{"isAdmin":true},"constructor":"c"}');

  expect(members.get("__proto__")).toEqual({ isAdmin: true });
  expect(members.get("constructor")).toBe("c");
  expect({}).not.toHaveProperty("isAdmin");
});

test.each(["'", '"', "\\'", "\\", "{'", "'\"", "\\\"'"])(
  "a megabyte of %j is refused without taking ages",
  (piece) => {
    const text = `{${piece.repeat(1_000_000 / piece.length)}`;

    expect(() => lenientMembers(text)).toThrow(
      expect.objectContaining({ code: "request-invalid" }),
    );
  },
);

test("a value in a hundred thousand pairs of quotes is unwrapped without taking ages", () => {
  const members = lenientMembers(JSON.stringify({ a: `${'"'.repeat(1e5)}x${'"'.repeat(1e5)}` }));

  expect(members.get("a")).toBe("x");
});

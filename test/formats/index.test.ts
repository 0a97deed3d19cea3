import { expect, test } from "vitest";
import { contentTypeOf, readableFormat, writableFormat } from "../../src/formats/index.ts";
import { optionsOf } from "./write-file.ts";

const NAMES = [
  ["csv", "text/csv", "csv"],
  ["json", "application/json", "json"],
  ["jsonl", "application/x-jsonlines", "jsonl"],
  ["xml", "application/xml", "xml"],
  ["xml-lines", "application/x-xmllines", "xmll"],
] as const;

test.each([...NAMES, ["parquet", "application/vnd.apache.parquet", "parquet"] as const])(
  "writableFormat finds %s",
  (kind, contentType, extension) => {
    expect(writableFormat(kind)).toMatchObject({ kind, contentType, extension });
  },
);

test.each([...NAMES, ["fixed-width", "text/plain", "txt"] as const])(
  "readableFormat finds %s",
  (kind, contentType, extension) => {
    expect(readableFormat(kind)).toMatchObject({ kind, contentType, extension });
  },
);

test("contentTypeOf names the charset of a text that is not in UTF-8", () => {
  expect(contentTypeOf(optionsOf({ kind: "csv", encoding: "utf-16le" }))).toBe(
    "text/csv; charset=utf-16le",
  );
  expect(contentTypeOf(optionsOf({ kind: "csv" }))).toBe("text/csv");
  expect(contentTypeOf(optionsOf({ kind: "xml" }))).toBe("application/xml");
  expect(contentTypeOf(optionsOf({ kind: "parquet" }))).toBe("application/vnd.apache.parquet");
});

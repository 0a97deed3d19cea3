import { expect, test } from "vitest";
import { encodingOf, formatFor } from "../../src/formats/writers.ts";
import { optionsOf } from "./write-file.ts";

test.each([
  ["csv", "text/csv", "csv"],
  ["json", "application/json", "json"],
  ["jsonl", "application/x-jsonlines", "jsonl"],
  ["xml", "application/xml", "xml"],
  ["xml-lines", "application/x-xmllines", "xmll"],
] as const)("formatFor finds %s", (kind, contentType, extension) => {
  expect(formatFor(kind)).toMatchObject({ contentType, extension });
});

test("encodingOf follows the options of csv and is UTF-8 for all else", () => {
  expect(encodingOf(optionsOf({ kind: "csv", encoding: "utf-16le" }))).toBe("utf-16le");
  expect(encodingOf(optionsOf({ kind: "csv" }))).toBe("utf-8");
  expect(encodingOf(optionsOf({ kind: "xml" }))).toBe("utf-8");
});

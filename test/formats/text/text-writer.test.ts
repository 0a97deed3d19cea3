import { expect, test } from "vitest";
import { type TextWriter, writtenAsText } from "../../../src/formats/text/text-writer.ts";

/** Writes each row's only cell, and brackets around all. */
function brackets(): TextWriter {
  let separator = "";
  return {
    start: () => "[",
    rows: (batch) => separator + batch.map(([cell]) => cell).join(""),
    end: () => "]",
    goOn: () => {
      separator = ",";
    },
  };
}

const options = { kind: "brackets" };

test("writtenAsText writes emoji whole and lone surrogates as U+FFFD in both encodings", () => {
  const rows = [["😀\uD83D"]];
  const utf8 = writtenAsText(brackets).writer([], "", options);
  const utf16 = writtenAsText(brackets, () => "utf-16le").writer([], "", options);

  expect(Buffer.from(utf8.rows(rows)).toString("utf8")).toBe("😀\uFFFD");
  expect(Buffer.from(utf16.rows(rows)).toString("utf16le")).toBe("😀\uFFFD");
  expect(Buffer.from(utf16.start()).toString("utf16le")).toBe("[");
});

test("writtenAsText goes on behind the rows of another writer", () => {
  const writer = writtenAsText(brackets).writer([], "", options);

  writer.goOn?.();

  expect(Buffer.from(writer.rows([["a"]])).toString()).toBe(",a");
});

test("writtenAsText can go on where rows are not set apart, too", () => {
  const { goOn: _, ...plain } = brackets();

  expect(writtenAsText(() => plain).writer([], "", options).goOn).toBeTypeOf("function");
});

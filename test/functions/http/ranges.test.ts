import { expect, test } from "vitest";
import { selectPart } from "../../../src/functions/http/ranges.ts";

const ETAG = '"abc"';
const FILE = { etag: ETAG, bytes: 100 };

function select(headers: Record<string, string>, file = FILE, method = "GET"): unknown {
  const selection = selectPart({ method, headers: new Headers(headers) }, file);
  return selection.kind === "part"
    ? `${selection.range.from} to ${selection.range.to}`
    : selection.kind;
}

test.each([
  ["bytes=0-0", "0 to 1"],
  ["bytes=0-99", "0 to 100"],
  ["bytes=10-19", "10 to 20"],
  ["bytes=10-", "10 to 100"],
  ["bytes=99-", "99 to 100"],
  ["bytes=50-1000", "50 to 100"],
  ["bytes=50-99999999999999999999999", "50 to 100"],
  ["bytes=-1", "99 to 100"],
  ["bytes=-100", "0 to 100"],
  ["bytes=-1000", "0 to 100"],
  ["BYTES = 0-9", "0 to 10"],
  ["bytes=100-", "unsatisfiable"],
  ["bytes=100-200", "unsatisfiable"],
  ["bytes=99999999999999999999999-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=20-10", "whole"],
  ["bytes=-", "whole"],
  ["bytes=a-b", "whole"],
  ["bytes=0x0-9", "whole"],
  ["bytes=1.5-9", "whole"],
  ["bytes=0-1,5-6", "whole"],
  ["items=0-9", "whole"],
  ["", "whole"],
])("Range: %s of 100 bytes is %s", (range, expected) => {
  expect(select({ range })).toBe(expected);
});

test.each([
  ["bytes=0-", "unsatisfiable"],
  ["bytes=-5", "whole"],
])("Range: %s of an empty file is %s", (range, expected) => {
  expect(select({ range }, { ...FILE, bytes: 0 })).toBe(expected);
});

test("HEAD knows no ranges", () => {
  expect(select({ range: "bytes=0-9" }, FILE, "HEAD")).toBe("whole");
});

test.each([
  [ETAG, "0 to 10"],
  [` ${ETAG} `, "0 to 10"],
  [`W/${ETAG}`, "whole"],
  ['"other"', "whole"],
  ["Sun, 01 Mar 2026 10:00:00 GMT", "whole"],
])("If-Range: %s makes it %s", (ifRange, expected) => {
  expect(select({ range: "bytes=0-9", "if-range": ifRange })).toBe(expected);
});

test.each([
  [ETAG, "not-modified"],
  [`W/${ETAG}`, "not-modified"],
  ["*", "not-modified"],
  [`"a", ${ETAG},W/"b"`, "not-modified"],
  ['"other"', "whole"],
  ["abc", "whole"],
  ["", "whole"],
])("If-None-Match: %s makes it %s", (ifNoneMatch, expected) => {
  expect(select({ "if-none-match": ifNoneMatch })).toBe(expected);
});

test("If-None-Match is decided before Range", () => {
  expect(select({ "if-none-match": ETAG, range: "bytes=0-9" })).toBe("not-modified");
  expect(select({ "if-none-match": '"other"', range: "bytes=0-9" })).toBe("0 to 10");
});

test.each([
  [ETAG, "whole"],
  ["*", "whole"],
  [`"x", ${ETAG}`, "whole"],
  [`W/${ETAG}`, "other-version"],
  ['"other"', "other-version"],
])("If-Match: %s makes it %s", (ifMatch, expected) => {
  expect(select({ "if-match": ifMatch })).toBe(expected);
});

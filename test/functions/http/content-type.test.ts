import { expect, test } from "vitest";
import { withCharset } from "../../../src/functions/http/content-type.ts";

test.each([
  ["application/json", "application/json; charset=utf-8"],
  ["application/problem+json", "application/problem+json; charset=utf-8"],
  [
    "application/json; odata.metadata=minimal",
    "application/json; odata.metadata=minimal; charset=utf-8",
  ],
  ["application/xml", "application/xml; charset=utf-8"],
  ["application/x-jsonlines", "application/x-jsonlines; charset=utf-8"],
  ["application/x-xmllines", "application/x-xmllines; charset=utf-8"],
  ["text/csv", "text/csv; charset=utf-8"],
  ["text/csv; charset=utf-16le", "text/csv; charset=utf-16le"],
  ["application/gzip", "application/gzip"],
  ["application/zip", "application/zip"],
  ["application/octet-stream", "application/octet-stream"],
])("%s is answered as %s", (contentType, answered) => {
  expect(withCharset(contentType)).toBe(answered);
});

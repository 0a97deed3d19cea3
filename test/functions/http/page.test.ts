import { expect, test } from "vitest";
import { PageQuery, pageRequest } from "../../../src/functions/http/page.ts";
import { parseRequest } from "../../../src/functions/http/parse-request.ts";

const pageOf = (parameters: Record<string, string>) =>
  pageRequest(parseRequest(PageQuery, parameters));

test.each<[Record<string, string>, object]>([
  [{}, { limit: 100, after: null }],
  [{ limit: "1" }, { limit: 1, after: null }],
  [
    { limit: "1000", after: "000000000100" },
    { limit: 1_000, after: "000000000100" },
  ],
  [{ after: "" }, { limit: 100, after: "" }],
])("a page is asked for by %j", (parameters, expected) => {
  expect(pageOf(parameters)).toEqual(expected);
});

test.each<[Record<string, string>, string]>([
  [{ limit: "0" }, "limit"],
  [{ limit: "1001" }, "limit"],
  [{ limit: "-1" }, "limit"],
  [{ limit: "1.5" }, "limit"],
  [{ limit: "ten" }, "limit"],
  [{ limit: "" }, "limit"],
  [{ limit: "Infinity" }, "limit"],
  [{ after: "a\u0000b" }, "after"],
  [{ after: "\u00e4" }, "after"],
  [{ after: "x".repeat(301) }, "after"],
])("the query of a page refuses %j and names the parameter", (parameters, field) => {
  expect(() => pageOf(parameters)).toThrow(
    expect.objectContaining({
      code: "request-invalid",
      problems: [expect.objectContaining({ field })],
    }),
  );
});

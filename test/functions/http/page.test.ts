import { expect, test } from "vitest";
import { pageBody, pageRequest } from "../../../src/functions/http/page.ts";

const query = (parameters: Record<string, string>) => ({
  query: new Map(Object.entries(parameters)),
});

test.each<[Record<string, string>, object]>([
  [{}, { limit: 100, after: null }],
  [{ limit: "1" }, { limit: 1, after: null }],
  [
    { limit: "1000", after: "000000000100" },
    { limit: 1_000, after: "000000000100" },
  ],
  [{ after: "" }, { limit: 100, after: "" }],
])("pageRequest reads %j", (parameters, expected) => {
  expect(pageRequest(query(parameters))).toEqual(expected);
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
])("pageRequest refuses %j and names the parameter", (parameters, field) => {
  expect(() => pageRequest(query(parameters))).toThrow(
    expect.objectContaining({
      code: "request-invalid",
      problems: [expect.objectContaining({ field })],
    }),
  );
});

test("pageBody represents each item and says where the next page begins", () => {
  const page = { items: [1, 2], next: "2" };

  expect(pageBody(page, (item) => ({ item }))).toEqual({
    items: [{ item: 1 }, { item: 2 }],
    next: "2",
  });
});

import { expect, test } from "vitest";
import { knownQuery } from "../../../src/functions/http/known-query.ts";
import { OPERATIONS } from "../../support/api-document.ts";

const requireKnownQuery = knownQuery(OPERATIONS);
const OPERATORS = OPERATIONS.filter(({ caller }) => caller === "operator");

test.each(OPERATORS.map(({ id, query }) => [id, Object.keys(query?.shape ?? {})] as const))(
  "%s takes what it is described with, and refuses any other parameter",
  (id, names) => {
    expect(() =>
      requireKnownQuery(
        id,
        names.map((name) => name.toLowerCase()),
      ),
    ).not.toThrow();
    expect(() => requireKnownQuery(id, ["lim1t"])).toThrow('the query parameter "lim1t"');
  },
);

test("a refusal lists what there is", () => {
  expect(() => requireKnownQuery("definitions-list", ["limt"])).toThrow('"limit", "after"');
  expect(() => requireKnownQuery("definitions-put", ["after"])).toThrow("there are none here");
});

test.each(["subscription-key", "code", "api-version", "_"])(
  "%s, which others put into addresses on the way, is read over",
  (name) => {
    expect(() => requireKnownQuery("definitions-list", [name, "limit"])).not.toThrow();
  },
);

test("partners' clients may send what they send to Dynamics", () => {
  expect(() => requireKnownQuery("connector-dequeue-under-2", ["entity", "x"])).not.toThrow();
});

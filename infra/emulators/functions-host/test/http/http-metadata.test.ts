import { expect, test } from "vitest";
import { httpTriggerMetadata } from "../../src/http/http-metadata.ts";

type Source = Parameters<typeof httpTriggerMetadata>[0];

const metadata = (source: Partial<Source>) =>
  httpTriggerMetadata({
    bodyText: null,
    query: new URLSearchParams(),
    values: {},
    headers: [],
    ...source,
  });

test("route values win over query values, and those over body members", () => {
  const { a, b, c } = metadata({
    bodyText: '{"a":"body","b":"body","c":"body"}',
    query: new URLSearchParams("b=query&c=query"),
    values: { c: "route" },
  });

  expect([a, b, c]).toEqual([{ string: "body" }, { string: "query" }, { string: "route" }]);
});

test("the spelling that came first stays, so a route value may hide under another name", () => {
  expect(metadata({ query: new URLSearchParams("ID=1"), values: { id: "7" } })).toMatchObject({
    ID: { string: "7" },
  });
});

test("an absent optional parameter leaves what the query put under its name", () => {
  expect(metadata({ query: new URLSearchParams("id=1"), values: { id: null } })).toMatchObject({
    id: { string: "1" },
  });
});

test("code is the platform's own and is not a parameter", () => {
  const found = metadata({ query: new URLSearchParams("code=key&Code=key") });

  expect(Object.keys(found)).toEqual(["Query", "Headers"]);
});

test("repeated headers are joined; of repeated query values the last one stays", () => {
  const found = metadata({
    query: new URLSearchParams("x=1&X=2"),
    headers: [
      ["Accept", "a"],
      ["accept", "b"],
    ],
  });

  expect(found).toEqual({
    x: { string: "2" },
    Query: { json: '{"x":"1,2"}' },
    Headers: { json: '{"Accept":"a,b"}' },
  });
});

test("scalars of a JSON body take .NET's form, objects are JSON; arrays and nulls stay out", () => {
  const body = {
    text: "a",
    yes: true,
    no: false,
    number: 1.5,
    at: "2026-01-31T10:00:00+02:00",
    none: null,
    object: {},
    list: [],
  };

  expect(metadata({ bodyText: JSON.stringify(body) })).toEqual({
    text: { string: "a" },
    yes: { string: "True" },
    no: { string: "False" },
    number: { string: "1.5" },
    at: { string: "01/31/2026 08:00:00" },
    object: { json: "{}" },
    Query: { json: "{}" },
    Headers: { json: "{}" },
  });
});

test.each(["", "text", "[1]", '{"a":', "{} {}"])("body %j adds nothing", (bodyText) => {
  expect(Object.keys(metadata({ bodyText }))).toEqual(["Query", "Headers"]);
});

test("an object of a body replaces the headers whole", () => {
  expect(metadata({ bodyText: '{"Headers":{"a":"b"}}', headers: [["c", "d"]] }).Headers).toEqual({
    json: '{"a":"b"}',
  });
});

test("members named Query or Headers replace the collections", () => {
  expect(metadata({ bodyText: '{"headers":"{}"}', query: new URLSearchParams("QUERY=1") })).toEqual(
    { headers: { string: "{}" }, QUERY: { string: "1" } },
  );
});

test("names of object prototypes are names like others", () => {
  const found = metadata({ query: new URLSearchParams("__proto__=1&constructor=2") });

  expect(Object.entries(found)).toContainEqual(["constructor", { string: "2" }]);
  expect(Object.keys(found)).toContain("__proto__");
});

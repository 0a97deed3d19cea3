import { expect, test } from "vitest";
import { matchRoute } from "../../src/http/match-route.ts";
import { parseRouteTemplate } from "../../src/http/route-template.ts";

const match = (template: string, path: string) => matchRoute(parseRouteTemplate(template), path);

test.each([
  ["items", "/items", {}],
  ["items", "/ITEMS/", {}],
  ["Items/List", "/items/list", {}],
  ["items/{id}", "/items/7", { id: "7" }],
  ["items/{id}", "/items/a%2Fb", { id: "a%2Fb" }],
  ["items/{id}", "/items/ü x", { id: "ü x" }],
  ["items/{id?}", "/items", { id: null }],
  ["items/{id?}", "/items/", { id: null }],
  ["items/{id=all}", "/items", { id: "all" }],
  ["{a?}", "/", { a: null }],
  ["{x:maxlength(0)?}", "/", { x: null }],
  ["{*rest}", "/", { rest: null }],
  ["{*rest}", "/a/b/", { rest: "a/b/" }],
  ["files/{*rest}", "/files", { rest: null }],
  ["files/{**rest}", "/files/a//b", { rest: "a//b" }],
  ["files/{*rest=index.html}", "/files/", { rest: "index.html" }],
  ["items/{id:int}/lines", "/items/-12/lines", { id: "-12" }],
  [
    "{id:guid}",
    "/0F8FAD5B-D9CB-469F-A165-70867728950E",
    { id: "0F8FAD5B-D9CB-469F-A165-70867728950E" },
  ],
  ["{id:guid}", "/0f8fad5bd9cb469fa16570867728950e", { id: "0f8fad5bd9cb469fa16570867728950e" }],
  ["{x:regex(^\\d{{3}}-[a-z]+$)}", "/123-AB", { x: "123-AB" }],
  ["{x:regex(^(a|b:c)$)}", "/b:c", { x: "b:c" }],
  ["{x:alpha:length(2,3)}", "/abc", { x: "abc" }],
  ["{n:range(1,10)}", "/10", { n: "10" }],
  ["{n:min(5)}", "/+5", { n: "+5" }],
  ["{n:double}", "/1.5e3", { n: "1.5e3" }],
  ["{n:decimal}", "/1,000.5", { n: "1,000.5" }],
  ["{n:bool}", "/TRUE", { n: "TRUE" }],
  ["{d:datetime}", "/2026-01-31", { d: "2026-01-31" }],
  ["{name:file}", "/a.txt", { name: "a.txt" }],
  ["{name:nonfile}", "/a", { name: "a" }],
  ["v{major}.{minor}", "/v1.2.3", { major: "1.2", minor: "3" }],
  ["{name}.{extension?}", "/report.csv", { name: "report", extension: "csv" }],
  ["{name}.{extension?}", "/report", { name: "report", extension: null }],
  ["a{{b}}", "/a{b}", {}],
])("%s takes %s", (template, path, values) => {
  expect(match(template, path)).toEqual(values);
});

test.each([
  ["items", "/items/7"],
  ["items", "/item"],
  ["items", "/"],
  ["items/{id}", "/items"],
  ["items/{id}", "/items/"],
  ["items/{id}", "/items//"],
  ["items/{id}/lines", "/items//lines"],
  ["items/{id:int}", "/items/x"],
  ["items/{id:int}", "/items/2147483648"],
  ["items/{id:int?}", "/items/x"],
  ["items/{id:long}", "/items/9223372036854775808"],
  ["{id:guid}", "/0f8fad5b-d9cb-469f-a165-70867728950"],
  ["{id:guid}", "/{0f8fad5b-d9cb-469f-a165-70867728950e"],
  ["{x:length(2,3)}", "/abcd"],
  ["{x:minlength(2)}", "/a"],
  ["{x:maxlength(0)?}", "/a"],
  ["{n:range(1,10)}", "/11"],
  ["{n:max(3)}", "/4"],
  ["{n:bool}", "/yes"],
  ["{d:datetime}", "/soon"],
  ["{name:file}", "/a"],
  ["{name:file}", "/a."],
  ["{x:alpha}", "/a1"],
  ["{*rest:int}", "/a"],
  ["v{major}.{minor}", "/v1"],
  ["{name}.{extension?}", "/"],
])("%s does not take %s", (template, path) => {
  expect(match(template, path)).toBeNull();
});

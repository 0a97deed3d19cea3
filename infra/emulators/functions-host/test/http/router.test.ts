import { expect, test } from "vitest";
import { parseRouteTemplate } from "../../src/http/route-template.ts";
import { findRoute, inRoutingOrder } from "../../src/http/router.ts";

const aRoute = (functionName: string, template: string, ...methods: string[]) => ({
  functionName,
  template: parseRouteTemplate(template),
  methods: methods.length === 0 ? ["GET", "POST"] : methods,
  authLevel: "anonymous" as const,
});

test("routes are tried by function name, ignoring case, with no regard to how specific they are", () => {
  const routes = inRoutingOrder([
    aRoute("zReport", "items/report"),
    aRoute("_last", "other"),
    aRoute("Bitems", "items/{id}"),
    aRoute("aProxy", "proxy/{*rest}"),
  ]);

  expect(routes.map(({ functionName }) => functionName)).toEqual([
    "aProxy",
    "Bitems",
    "zReport",
    "_last",
  ]);
  expect(findRoute(routes, "GET", "/items/report")).toMatchObject({
    route: { functionName: "Bitems" },
    values: { id: "report" },
  });
});

test("a constraint that fails and a wrong method hand the request on to the next route", () => {
  const routes = inRoutingOrder([
    aRoute("a", "items/{id:int}"),
    aRoute("b", "items/{name}", "PUT"),
    aRoute("c", "items/{other}", "GET"),
  ]);

  expect(findRoute(routes, "GET", "/items/x")?.route.functionName).toBe("c");
  expect(findRoute(routes, "put", "/items/x")?.route.functionName).toBe("b");
});

test("a wrong method and HEAD that is not listed are not found", () => {
  const routes = [aRoute("a", "items")];

  expect(findRoute(routes, "DELETE", "/items")).toBeNull();
  expect(findRoute(routes, "HEAD", "/items")).toBeNull();
});

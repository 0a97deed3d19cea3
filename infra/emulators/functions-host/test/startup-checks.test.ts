import { expect, test } from "vitest";
import { coreRegistry } from "../src/core-api.ts";
import type { BindingInfo } from "../src/core-types.ts";
import { hostFunctions } from "../src/host-function.ts";
import { httpRoutes } from "../src/http/http-routes.ts";
import { startupWarnings } from "../src/startup-checks.ts";

type Bindings = Record<string, BindingInfo>;

const http = (route: string | undefined, options: Partial<BindingInfo> = {}): Bindings => ({
  request: {
    type: "httpTrigger",
    direction: "in",
    methods: ["GET"],
    authLevel: "anonymous",
    ...(route === undefined ? {} : { route }),
    ...options,
  },
  $return: { type: "http", direction: "out" },
});

const trigger = (type: string, options: Partial<BindingInfo> = {}): Bindings => ({
  trigger: { type, direction: "in", ...options },
});

function check(
  functions: Record<string, Bindings>,
  facts: { settings?: Record<string, string> } = {},
) {
  const registry = coreRegistry();
  for (const [name, bindings] of Object.entries(functions)) {
    registry.functions.set(name, { metadata: { name, bindings }, callback: () => undefined });
  }
  const settings = { AzureWebJobsDisableHomepage: "true", ...facts.settings };
  const found = hostFunctions(registry, settings);
  const { routes, problems } = httpRoutes(found.functions, "");
  return {
    problems: [...found.problems, ...problems].map(
      (each) => `${each.functionName}: ${each.message}`,
    ),
    warnings: startupWarnings({ functions: found.functions, routes, settings }),
  };
}

test("a sound app is not warned about", () => {
  const { warnings, problems } = check({
    itemsById: http("items/{id:guid}"),
    itemsReport: http("items/report"),
    root: http("{ignored:maxlength(0)?}"),
    tick: trigger("timerTrigger", { schedule: "0 * * * * *" }),
    onQueue: trigger("serviceBusTrigger", { queueName: "q" }),
  });

  expect([...warnings, ...problems]).toEqual([]);
});

test.each([
  ["a catch-all", "{*rest}", "items/report"],
  ["a parameter", "items/{id}", "items/report"],
  ["the same shape", "items/{id}", "ITEMS/{name}"],
  ["a parameter over a constraint", "items/{id}", "items/{id:int}"],
  ["an optional parameter", "items/{id?}", "items"],
])("%s in an earlier name hides a route: %s before %s", (...[, first, second]) => {
  const { warnings } = check({ a: http(first), b: http(second) });

  expect(warnings.join("\n")).toContain('Function "b" never gets GET');
});

test.each([
  ["items/{id:int}", "items/{name}"],
  ["items/{id}", "items/{id?}"],
  ["items/{id}", "items/{id}/lines"],
  ["items/{id:alpha}", "items/{id:regex(^\\d)}"],
  ["items/report", "items/{id}"],
  ["items/{id:length(3)}", "items/{id}"],
])("%s before %s hides nothing", (first, second) => {
  const { warnings } = check({ a: http(first), b: http(second) });

  expect(warnings.join("\n")).not.toContain("never gets");
});

test("a route is hidden for the shared methods only", () => {
  const { warnings } = check({
    a: http("items/{id}", { methods: ["GET", "PUT"] }),
    b: http("items/report", { methods: ["PUT", "POST"] }),
    c: http("items/other", { methods: ["DELETE"] }),
  });

  expect(warnings).toEqual([expect.stringContaining('Function "b" never gets PUT:')]);
});

test.each([
  [{ a: http("") }, 'has route "", which means its name'],
  [{ a: http("x", { methods: [] }) }, "lists no method"],
  [{ a: http("x/{id?}") }, "params.id may come from the query or the body"],
  [{ a: http("x/{headers}") }, 'parameter "{headers}" replaces the request\'s headers'],
])("%j is warned about", (functions, warning) => {
  expect(check(functions as Record<string, Bindings>).warnings.join("\n")).toContain(warning);
});

test.each([
  [
    { settings: { AzureWebJobsDisableHomepage: "" } },
    http("{*rest}"),
    "set AzureWebJobsDisableHomepage",
  ],
  [
    { settings: { "AzureWebJobs.gone.Disabled": "1" } },
    http("x"),
    '"AzureWebJobs.gone.Disabled" names no function',
  ],
  [
    { settings: { WEBSITE_TIME_ZONE: "W. Europe Standard Time" } },
    trigger("timerTrigger"),
    "WEBSITE_TIME_ZONE",
  ],
])("with %j a function is warned about", (facts, bindings, warning) => {
  expect(check({ a: bindings }, facts).warnings.join("\n")).toContain(warning);
});

test("an app without functions is warned about", () => {
  expect(check({}).warnings).toEqual([expect.stringContaining("NO FUNCTION IS REGISTERED")]);
});

test.each([
  [{ "1st": http("x") }, "1st: its name must be a letter"],
  [{ host: http("x") }, "host: its name must be"],
  [{ a: http("x"), A: http("y") }, 'A: its name differs from "a" in case only'],
  [{ a: { "my-trigger": { type: "timerTrigger" } } }, 'binding name "my-trigger"'],
  [{ a: { out: { type: "http", direction: "out" as const } } }, "a: it has no trigger"],
  [{ a: http("admin/x") }, "a word that the platform keeps for itself"],
  [{ a: http("Administrators") }, "a word that the platform keeps for itself"],
  [{ a: http("runtime") }, "a word that the platform keeps for itself"],
  [{ a: http("/x") }, 'cannot start with "/"'],
  [{ a: http("x/{id:whole}") }, 'there is no route constraint "whole"'],
  [{ a: http("x"), b: http("X/") }, 'b: its route "X/" is the route of function "a"'],
])("%j is refused", (functions, problem) => {
  expect(check(functions as Record<string, Bindings>).problems.join("\n")).toContain(problem);
});

test("the same route with other methods is not refused", () => {
  const { problems } = check({ a: http("x"), b: http("x", { methods: ["POST"] }) });

  expect(problems).toEqual([]);
});

import type { HostFunction } from "./host-function.ts";
import { matchRoute } from "./http/match-route.ts";
import type { RouteParameter, RouteTemplate } from "./http/route-template.ts";
import type { HttpRoute } from "./http/router.ts";
import { functionsNamedInSettings, type Settings, setting } from "./settings.ts";

export interface StartupFacts {
  readonly functions: readonly HostFunction[];
  /** In routing order. */
  readonly routes: readonly HttpRoute[];
  readonly settings: Settings;
}

/** Warnings about things that work here and break, or behave unexpectedly, in Azure. */
export function startupWarnings(facts: StartupFacts): string[] {
  if (facts.functions.length === 0) {
    return ["NO FUNCTION IS REGISTERED: in Azure this app would do nothing and say nothing"];
  }
  return [
    ...shadowedRoutes(facts.routes),
    ...facts.routes.flatMap((route) => routeWarnings(route, facts)),
    ...homepageWarning(facts),
    ...timeZoneWarning(facts),
    ...unknownNames(facts),
  ];
}

/** Routes that never get a request, because a function with an earlier name has a route that takes all of theirs. */
function shadowedRoutes(routes: readonly HttpRoute[]): string[] {
  return routes.flatMap((route, index) => {
    const samples = samplePaths(route.template);
    return routes
      .slice(0, index)
      .filter((earlier) => samples.every((path) => matchRoute(earlier.template, path) !== null))
      .map((earlier) => [earlier, sharedMethods(earlier, route)] as const)
      .filter(([, methods]) => methods.length > 0)
      .map(
        ([earlier, methods]) =>
          `Function "${route.functionName}" never gets ${methods.join(", ")}: its route "${route.template.text}" is hidden by "${earlier.template.text}" of function "${earlier.functionName}", whose name comes first`,
      );
  });
}

function sharedMethods(one: HttpRoute, other: HttpRoute): string[] {
  return one.methods.filter((method) => other.methods.includes(method));
}

/** Values of many kinds. A route is taken to hide another if it accepts all of these values that the other accepts. */
const SAMPLE_VALUES = [
  "x",
  "abcdefgh",
  "1",
  "2026",
  "-5",
  "1.5",
  "true",
  "2026-01-31",
  "a.txt",
  "0f8fad5b-d9cb-469f-a165-70867728950e",
  "a b",
];

function samplePaths(template: RouteTemplate): string[] {
  const last = template.segments.at(-1)?.[0];
  const isOpenEnded = last?.kind === "parameter" && (last.isOptional || last.isCatchAll);
  const paths = filledPaths(template);
  return isOpenEnded ? [...paths, ...paths.map((path) => path.replace(/\/[^/]*$/, ""))] : paths;
}

function filledPaths(template: RouteTemplate): string[] {
  const accepted = template.parameters.map((parameter) => ({
    parameter,
    values: SAMPLE_VALUES.filter((value) => parameter.constraints.every((each) => each(value))),
  }));
  return SAMPLE_VALUES.map((_, index) => {
    const sampleFor = (parameter: RouteParameter) => {
      const values = accepted.find((each) => each.parameter === parameter)?.values ?? [];
      // The constraint accepts no sample, so only a route without constraints is sure to accept its values.
      return values[index % Math.max(1, values.length)] ?? "§";
    };
    const segments = template.segments.map((parts) =>
      parts.map((part) => (part.kind === "literal" ? part.text : sampleFor(part))).join(""),
    );
    return `/${segments.join("/")}`;
  });
}

function routeWarnings(route: HttpRoute, { functions }: StartupFacts): string[] {
  const { functionName, template, methods } = route;
  const warnings: string[] = [];
  const declared = functions.find(({ name }) => name === functionName)?.trigger.binding.route;
  if (declared === "") {
    warnings.push(
      `Function "${functionName}" has route "", which means its name, not the root: for the root write "{ignored:maxlength(0)?}"`,
    );
  }
  if (methods.length === 0) {
    warnings.push(`Function "${functionName}" lists no method and never gets a request`);
  }
  for (const { name, isOptional, constraints } of template.parameters) {
    const takesValues = SAMPLE_VALUES.some((value) => constraints.every((each) => each(value)));
    if (isOptional && takesValues) {
      warnings.push(
        `Function "${functionName}": with streaming on, params.${name} may come from the query or the body when the path leaves "{${name}?}" out`,
      );
    }
    if (/^(?:headers|query)$/i.test(name)) {
      warnings.push(
        `Function "${functionName}": with streaming on, parameter "{${name}}" replaces the request's ${name}`,
      );
    }
  }
  return warnings;
}

function homepageWarning({ routes, settings }: StartupFacts): string[] {
  const takesRoot = routes.some(({ template }) => matchRoute(template, "/") !== null);
  return takesRoot && !/^true$/i.test(setting(settings, "AzureWebJobsDisableHomepage") ?? "")
    ? [
        'A route takes "/": set AzureWebJobsDisableHomepage to true, or Azure may show its own page there',
      ]
    : [];
}

function timeZoneWarning({ settings }: StartupFacts): string[] {
  return setting(settings, "WEBSITE_TIME_ZONE") === undefined
    ? []
    : ["WEBSITE_TIME_ZONE has no effect here, nor on Flex Consumption: schedules are in UTC"];
}

function unknownNames({ settings, functions }: StartupFacts): string[] {
  return functionsNamedInSettings(settings)
    .filter((name) => !functions.some((each) => each.name.toLowerCase() === name.toLowerCase()))
    .map((name) => `Setting "AzureWebJobs.${name}.Disabled" names no function`);
}

import { type HostFunction, textOption } from "./host-function.ts";
import { matchRoute } from "./http/match-route.ts";
import type { RouteParameter, RouteTemplate } from "./http/route-template.ts";
import type { HttpRoute } from "./http/router.ts";
import { functionsNamedInSettings, type Settings, setting } from "./settings.ts";

export interface StartupFacts {
  readonly functions: readonly HostFunction[];
  /** In routing order. */
  readonly routes: readonly HttpRoute[];
  readonly isStreaming: boolean;
  readonly settings: Settings;
  readonly hasKey: boolean;
}

const HTTP = "httptrigger";
const TIMER = "timertrigger";
const SERVICE_BUS = "servicebustrigger";
const UPLOAD_METHODS = ["POST", "PUT", "PATCH"];

/** Tells what works here and breaks, or behaves in an unexpected way, in Azure. */
export function startupWarnings(facts: StartupFacts): string[] {
  if (facts.functions.length === 0) {
    return ["NO FUNCTION IS REGISTERED: in Azure this app would do nothing and say nothing"];
  }
  return [
    ...shadowedRoutes(facts.routes),
    ...facts.routes.flatMap((route) => routeWarnings(route, facts)),
    ...httpWarnings(facts),
    ...facts.functions.flatMap((target) => functionWarnings(target)),
    ...unknownNames(facts),
  ];
}

/** Routes that never get a request, because an earlier function name has a route that takes all of theirs. */
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

/** Values of many kinds: a route that takes all that another accepts of them takes all of the other. */
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
      // A constraint that takes no sample: only a route without constraints is sure to take its values.
      return values[index % Math.max(1, values.length)] ?? "§";
    };
    const segments = template.segments.map((parts) =>
      parts.map((part) => (part.kind === "literal" ? part.text : sampleFor(part))).join(""),
    );
    return `/${segments.join("/")}`;
  });
}

function routeWarnings(route: HttpRoute, { isStreaming, functions }: StartupFacts): string[] {
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
  for (const { name, isOptional, constraints } of isStreaming ? template.parameters : []) {
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

function httpWarnings({ routes, isStreaming, settings, hasKey }: StartupFacts): string[] {
  const warnings: string[] = [];
  const takesUploads = routes.some(({ methods }) =>
    methods.some((method) => UPLOAD_METHODS.includes(method)),
  );
  if (takesUploads && !isStreaming) {
    warnings.push(
      "HTTP streaming is off: chunked uploads reach the functions EMPTY. Turn it on with app.setup({ enableHttpStream: true })",
    );
  }
  if (!hasKey && routes.some(({ authLevel }) => authLevel !== "anonymous")) {
    warnings.push("Function keys are not checked here: no key is configured");
  }
  const takesRoot = routes.some(({ template }) => matchRoute(template, "/") !== null);
  if (takesRoot && !/^true$/i.test(setting(settings, "AzureWebJobsDisableHomepage") ?? "")) {
    warnings.push(
      'A route takes "/": set AzureWebJobsDisableHomepage to true, or Azure may show its own page there',
    );
  }
  return warnings;
}

function functionWarnings(target: HostFunction): string[] {
  const { name, trigger, retryPolicy, metadata } = target;
  const warnings: string[] = [];
  if (![HTTP, TIMER, SERVICE_BUS].includes(trigger.type)) {
    warnings.push(
      `Function "${name}": trigger "${textOption(trigger.binding, "type")}" is not emulated; it runs by hand only`,
    );
  }
  if (retryPolicy !== undefined && [HTTP, SERVICE_BUS].includes(trigger.type)) {
    warnings.push(`Function "${name}": the platform ignores "retry" for this trigger`);
  }
  if (trigger.type === SERVICE_BUS && trigger.binding.autoCompleteMessages === false) {
    warnings.push(
      `Function "${name}": with autoCompleteMessages false nobody completes its messages; they come back when their lock ends`,
    );
  }
  for (const [bindingName, { type, direction }] of Object.entries(metadata.bindings)) {
    const isKnownOutput = /^(?:http|servicebus)$/i.test(type ?? "");
    if (bindingName !== trigger.name && !(direction === "out" && isKnownOutput)) {
      warnings.push(`Function "${name}": binding "${bindingName}" (${type}) is not emulated`);
    }
  }
  return warnings;
}

function unknownNames({ settings, functions }: StartupFacts): string[] {
  return functionsNamedInSettings(settings)
    .filter((name) => !functions.some((each) => each.name.toLowerCase() === name.toLowerCase()))
    .map((name) => `Setting "AzureWebJobs.${name}.Disabled" names no function`);
}

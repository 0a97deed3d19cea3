import { type FunctionProblem, type HostFunction, textOption } from "../host-function.ts";
import { parseRouteTemplate } from "./route-template.ts";
import { type HttpRoute, inRoutingOrder } from "./router.ts";

/** Routes that begin so belong to the platform, whatever the route prefix. The platform compares text, not segments. */
const RESERVED_REGEXP = /^(?:admin|runtime)/i;

/**
 * Makes the routes of the HTTP-triggered functions, in routing order.
 *
 * @param routePrefix host.json's `extensions.http.routePrefix`
 * @returns the routes, and why the platform refuses others
 */
export function httpRoutes(
  functions: readonly HostFunction[],
  routePrefix: string,
): { routes: HttpRoute[]; problems: FunctionProblem[] } {
  const routes: HttpRoute[] = [];
  const problems: FunctionProblem[] = [];
  const made = functions
    .filter(({ trigger }) => trigger.type === "httptrigger")
    .map((each) => makeRoute(each, routePrefix));
  for (const route of inRoutingOrder(made.filter((each) => "template" in each))) {
    const twin = routes.find((each) => isDuplicate(each, route));
    if (twin === undefined) {
      routes.push(route);
    } else {
      problems.push({
        functionName: route.functionName,
        message: `its route "${route.template.text}" is the route of function "${twin.functionName}"`,
      });
    }
  }
  return { routes, problems: [...made.filter((each) => "message" in each), ...problems] };
}

function makeRoute(target: HostFunction, routePrefix: string): HttpRoute | FunctionProblem {
  const { binding } = target.trigger;
  const declared = textOption(binding, "route") ?? "";
  const route = declared === "" ? target.name : declared;
  if (RESERVED_REGEXP.test(route)) {
    return {
      functionName: target.name,
      message: `its route "${route}" begins with a word that the platform keeps for itself`,
    };
  }
  try {
    // The platform parses the route with its prefix, so a leading "/" counts as two slashes in a row.
    parseRouteTemplate(route);
    return {
      functionName: target.name,
      template: parseRouteTemplate(routePrefix === "" ? route : `${routePrefix}/${route}`),
      methods: methodsOf(binding.methods),
    };
  } catch (error) {
    return {
      functionName: target.name,
      message: `its route "${route}" is invalid: ${(error as Error).message}`,
    };
  }
}

function methodsOf(methods: unknown): string[] {
  return Array.isArray(methods) ? methods.map((each) => String(each).toUpperCase()) : [];
}

function isDuplicate(one: HttpRoute, other: HttpRoute): boolean {
  const [a, b] = [one, other].map(({ template }) => template.text.replace(/\/$/, "").toLowerCase());
  return a === b && one.methods.some((method) => other.methods.includes(method));
}

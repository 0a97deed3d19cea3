import { matchRoute, type RouteValues } from "./match-route.ts";
import type { RouteTemplate } from "./route-template.ts";

export interface HttpRoute {
  readonly functionName: string;
  readonly template: RouteTemplate;
  /** In capitals. */
  readonly methods: readonly string[];
}

/**
 * Orders names like the platform (ordinal, ignoring case). Routes are tried in this order and no other. So a catch-all
 * of a function with an early name hides all later routes.
 */
function compareFunctionNames(a: string, b: string): number {
  const [left, right] = [a.toUpperCase(), b.toUpperCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}

export function inRoutingOrder(routes: readonly HttpRoute[]): HttpRoute[] {
  return routes.toSorted((a, b) => compareFunctionNames(a.functionName, b.functionName));
}

/**
 * Finds the first route for the request. A wrong method is not a match, so the result can be "not found".
 *
 * @param routes in routing order
 */
export function findRoute(
  routes: readonly HttpRoute[],
  method: string,
  path: string,
): { route: HttpRoute; values: RouteValues } | null {
  for (const route of routes) {
    if (route.methods.includes(method.toUpperCase())) {
      const values = matchRoute(route.template, path);
      if (values !== null) {
        return { route, values };
      }
    }
  }
  return null;
}

import type { RouteParameter, RoutePart, RouteTemplate } from "./route-template.ts";

/** Values by parameter name as written in the route; null for an optional parameter or catch-all without a value. */
export type RouteValues = Readonly<Record<string, string | null>>;

/**
 * Matches a decoded path (in which `%2F` stays) against a route. Literals ignore case, one trailing slash is ignored,
 * constraints decide at the end.
 *
 * @returns the values, or null when the route does not match
 */
export function matchRoute(template: RouteTemplate, path: string): RouteValues | null {
  if (/^\/{2,}$/.test(path)) {
    // not even the trailing slash of the root
    return null;
  }
  const given = path.replace(/^\//, "").replace(/\/$/, "").split("/");
  const values: Record<string, string | null> = {};
  for (const [index, segment] of template.segments.entries()) {
    const found = isCatchAll(segment)
      ? matchCatchAll(segment, path, index)
      : matchSegment(segment, given[index]);
    if (found === null) {
      return null;
    }
    Object.assign(values, found);
  }
  const extra = isCatchAll(template.segments.at(-1)) ? [] : given.slice(template.segments.length);
  return extra.every((each) => each === "") && satisfies(template, values) ? values : null;
}

function isCatchAll(
  segment: readonly RoutePart[] | undefined,
): segment is readonly [RouteParameter] {
  const part = segment?.[0];
  return part?.kind === "parameter" && part.isCatchAll;
}

function matchCatchAll(
  [part]: readonly [RouteParameter],
  path: string,
  index: number,
): RouteValues {
  const rest = path.replace(/^\//, "").split("/").slice(index).join("/");
  return { [part.name]: rest === "" ? part.defaultValue : rest };
}

function matchSegment(parts: readonly RoutePart[], given: string | undefined): RouteValues | null {
  const [only] = parts as [RoutePart];
  if (parts.length > 1) {
    return given === undefined ? null : matchMixedSegment(parts, given);
  }
  if (only.kind === "literal") {
    return given?.toLowerCase() === only.text.toLowerCase() ? {} : null;
  }
  if (given !== undefined && given !== "") {
    return { [only.name]: given };
  }
  return only.isOptional || only.defaultValue !== null ? { [only.name]: only.defaultValue } : null;
}

/** Earlier parameters take as much as they can, as in the platform's search from the right. */
function matchMixedSegment(parts: readonly RoutePart[], given: string): RouteValues | null {
  const whole = matchParts(parts, given);
  const last = parts.at(-1);
  if (whole !== null || last?.kind !== "parameter" || !last.isOptional) {
    return whole;
  }
  const before = parts.at(-2) as { text: string };
  const shorter: RoutePart = { kind: "literal", text: before.text.replace(/\.$/, "") };
  const found = matchParts([...parts.slice(0, -2), shorter], given);
  return found === null ? null : { ...found, [last.name]: null };
}

function matchParts(parts: readonly RoutePart[], given: string): RouteValues | null {
  const pattern = parts
    .map((part) => (part.kind === "literal" ? escaped(part.text) : "(.+)"))
    .join("");
  const match = new RegExp(`^${pattern}$`, "is").exec(given);
  if (match === null) {
    return null;
  }
  const parameters = parts.filter((part): part is RouteParameter => part.kind === "parameter");
  return Object.fromEntries(parameters.map(({ name }, index) => [name, match[index + 1] ?? null]));
}

function satisfies(template: RouteTemplate, values: RouteValues): boolean {
  return template.parameters.every(({ name, isOptional, constraints }) => {
    const value = values[name] ?? null;
    return value === null
      ? isOptional || constraints.length === 0
      : constraints.every((constraint) => constraint(value));
  });
}

function escaped(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

import { type RouteConstraint, routeConstraint } from "./route-constraints.ts";

export interface RouteParameter {
  readonly kind: "parameter";
  readonly name: string;
  readonly isOptional: boolean;
  readonly isCatchAll: boolean;
  readonly defaultValue: string | null;
  readonly constraints: readonly RouteConstraint[];
}

export interface RouteLiteral {
  readonly kind: "literal";
  readonly text: string;
}

export type RoutePart = RouteLiteral | RouteParameter;

/** A path of segments, each one literal, one parameter, or a mixture such as `{name}.{extension?}`. */
export interface RouteTemplate {
  readonly text: string;
  readonly segments: readonly (readonly RoutePart[])[];
  readonly parameters: readonly RouteParameter[];
}

type Token = RouteLiteral | { readonly kind: "separator" } | { kind: "parameter"; text: string };

/**
 * Parses a route as the platform (ASP.NET Core's `Route`) does.
 *
 * @throws Error with the reason why the platform refuses it
 * @see https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates
 */
export function parseRouteTemplate(text: string): RouteTemplate {
  if (/^[/~]/.test(text)) {
    throw new Error(`a route cannot start with "${text[0]}"`);
  }
  const segments = segmentsOf(tokenize(text));
  const parameters = segments.flat().filter((part) => part.kind === "parameter");
  const names = parameters.map(({ name }) => name.toLowerCase());
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new Error(`parameter "${repeated}" appears twice`);
  }
  segments.forEach((parts, index) => {
    checkSegment(parts, index === segments.length - 1);
  });
  return { text, segments, parameters };
}

function segmentsOf(tokens: readonly Token[]): RoutePart[][] {
  const segments: RoutePart[][] = [[]];
  for (const token of tokens) {
    const current = segments.at(-1) as RoutePart[];
    if (token.kind === "separator") {
      if (current.length === 0) {
        throw new Error('two "/" follow each other');
      }
      segments.push([]);
    } else {
      current.push(token.kind === "literal" ? token : parseParameter(token.text));
    }
  }
  return segments.at(-1)?.length === 0 ? segments.slice(0, -1) : segments;
}

function checkSegment(parts: readonly RoutePart[], isLast: boolean): void {
  for (const [index, part] of parts.entries()) {
    if (part.kind === "parameter") {
      checkParameter(part, parts.slice(0, index), {
        isLast: isLast && parts.length === 1,
        endsSegment: index === parts.length - 1,
      });
    }
  }
}

function checkParameter(
  { name, isCatchAll, isOptional }: RouteParameter,
  before: readonly RoutePart[],
  place: { isLast: boolean; endsSegment: boolean },
): void {
  const previous = before.at(-1);
  if (isCatchAll && !place.isLast) {
    throw new Error(`catch-all "${name}" must be the last segment on its own`);
  }
  if (previous?.kind === "parameter") {
    throw new Error(`a literal must stand between "${previous.name}" and "${name}"`);
  }
  const standsAlone = previous === undefined && place.endsSegment;
  const endsAfterPeriod = place.endsSegment && previous?.text.endsWith(".") === true;
  if (isOptional && !standsAlone && !endsAfterPeriod) {
    throw new Error(`optional "${name}" must stand alone or last after a period`);
  }
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let literal = "";
  const endLiteral = () => {
    if (literal !== "") {
      tokens.push({ kind: "literal", text: literal });
      literal = "";
    }
  };
  for (let index = 0; index < text.length; ) {
    const [token, length] = nextToken(text, index);
    if (typeof token === "string") {
      literal += token;
    } else {
      endLiteral();
      tokens.push(token);
    }
    index += length;
  }
  endLiteral();
  return tokens;
}

/** @returns a token or one literal character, and its length in the text */
function nextToken(text: string, index: number): [Token | string, number] {
  const character = text[index] as string;
  const isDoubled = text[index + 1] === character;
  if (character === "/") {
    return [{ kind: "separator" }, 1];
  }
  if (character === "?") {
    throw new Error('"?" stands outside of a parameter');
  }
  if ((character === "{" || character === "}") && isDoubled) {
    return [character, 2];
  }
  if (character === "}") {
    throw new Error('"}" has no "{"');
  }
  if (character !== "{") {
    return [character, 1];
  }
  const inside = /^\{((?:\{\{|\}\}|[^{}])*)\}/.exec(text.slice(index));
  if (inside === null) {
    throw new Error('"{" has no "}"');
  }
  const parameter = (inside[1] ?? "").replaceAll("{{", "{").replaceAll("}}", "}");
  return [{ kind: "parameter", text: parameter }, inside[0].length];
}

function parseParameter(text: string): RouteParameter {
  const [stars = ""] = /^\*{0,2}/.exec(text) ?? [];
  const isOptional = text.endsWith("?");
  const body = text.slice(stars.length, isOptional ? -1 : undefined);
  const [name = ""] = /^[^:=]*/.exec(body) ?? [];
  if (name === "" || /[/{}?*]/.test(name)) {
    throw new Error(`"{${text}}" has no valid parameter name`);
  }
  const { constraints, defaultValue } = parseSuffix(body.slice(name.length));
  if (isOptional && (stars !== "" || defaultValue !== null)) {
    throw new Error(`"${name}" cannot be optional as well as catch-all or with a default`);
  }
  const isCatchAll = stars !== "";
  return { kind: "parameter", name, isOptional, isCatchAll, defaultValue, constraints };
}

function parseSuffix(suffix: string): {
  constraints: RouteConstraint[];
  defaultValue: string | null;
} {
  const constraints: RouteConstraint[] = [];
  let rest = suffix;
  while (rest.startsWith(":")) {
    // A constraint's arguments end at the first ")" that ends the constraint, so that a regex may hold others.
    const match = /^:(?<name>[^:=(]*)(?:\((?<args>.*?)\)(?=[:=]|$))?/s.exec(rest);
    constraints.push(routeConstraint(match?.groups?.name ?? "", match?.groups?.args ?? null));
    rest = rest.slice(match?.[0].length ?? 1);
  }
  if (rest !== "" && !rest.startsWith("=")) {
    throw new Error(`"${rest}" is not a constraint`);
  }
  return { constraints, defaultValue: rest === "" ? null : rest.slice(1) };
}

import { OF_ANSWERS } from "../../src/functions/definition-answers.ts";
import type { Door } from "../../src/functions/http/door.ts";

/** A form that clients send, and that the app takes although its document does not describe it. */
interface Tolerance {
  readonly name: string;
  /** Whose bodies it is about. */
  readonly doors: RegExp;
  /** The meaning of the body; the body itself where its form does not vary. */
  normalize(body: unknown, names: readonly string[]): unknown;
}

const LEASES = /^connector-(?:ack|renew|release|reject)$/;
const LENIENT = /^(?:connector-(?:ack|renew|release|reject)|package-api-)/;

/**
 * They are tried in this order, each on the result of the one before. A body is a text until one of them, or
 * `JSON.parse`, has made it a value.
 */
const TOLERANCES: readonly Tolerance[] = [
  {
    name: "no body for an empty object",
    doors: LENIENT,
    normalize: (body) => (typeof body === "string" && body.trim() === "" ? {} : body),
  },
  {
    name: "strings in single quotes",
    doors: LENIENT,
    normalize: (body) => (typeof body === "string" ? (parsed(inDoubleQuotes(body)) ?? body) : body),
  },
  {
    name: "a bare id for the message that has it",
    doors: LEASES,
    normalize: (body) =>
      typeof body === "string"
        ? { CorrelationId: body.trim().replace(/^["']+|["']+$/g, "") }
        : body,
  },
  {
    name: "names in any case",
    doors: LENIENT,
    normalize: (body, names) => renamed(body, (name) => nameLike(name, names)),
  },
  {
    name: "names with an underscore before them",
    doors: /^package-api-/,
    normalize: (body, names) => renamed(body, (name) => nameLike(name.replace(/^_/, ""), names)),
  },
  {
    name: "strings wrapped in quotes once more",
    doors: LENIENT,
    normalize: (body) => mapped(body, (value) => value.replace(/^["']+|["']+$/g, "")),
  },
  {
    name: "a definition as it was read, with its id and what its last change was",
    doors: /^definitions-put-/,
    normalize: (body) => {
      const members = Object.entries(isObject(body) ? body : {});
      const own = members.filter(([name]) => !Object.hasOwn(OF_ANSWERS, name));
      return isObject(body) ? Object.fromEntries(own) : body;
    },
  },
];

/**
 * Reads a request's body as the document describes it, with as few tolerances as will do.
 *
 * @param names the members that the document describes
 * @param deviation finds the problem of a value; null when there is none
 * @returns the problem that remains when everything tolerable is tolerated; null when there is none
 */
export function toleratedDeviation(
  door: Door,
  body: { readonly text: string; readonly names: readonly string[] },
  deviation: (value: unknown) => string | null,
): string | null {
  let value: unknown = parsed(body.text) ?? body.text;
  let found = deviation(value);
  for (const { doors, normalize } of TOLERANCES) {
    if (found === null) {
      return null;
    }
    if (doors.test(door.id)) {
      value = normalize(value, body.names);
      found = deviation(value);
    }
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function inDoubleQuotes(text: string): string {
  return text.replaceAll('"', '\\"').replace(/\\?'/g, (quote) => (quote === "'" ? '"' : "'"));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function renamed(body: unknown, rename: (name: string) => string): unknown {
  return isObject(body)
    ? Object.fromEntries(Object.entries(body).map(([name, value]) => [rename(name), value]))
    : body;
}

function nameLike(name: string, names: readonly string[]): string {
  return names.find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
}

function mapped(body: unknown, map: (value: string) => string): unknown {
  return isObject(body)
    ? Object.fromEntries(
        Object.entries(body).map(([name, value]) => [
          name,
          typeof value === "string" ? map(value) : value,
        ]),
      )
    : body;
}

import { Ajv2020 } from "ajv/dist/2020.js";
import { makeApi } from "../../src/doors.ts";
import type { Door } from "../../src/functions/http/door.ts";
import {
  type DescribedOperation,
  doorsOf,
  openApiDocument,
} from "../../src/functions/openapi/document.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";

/** The API of the app with all its systems. */
export const API = makeApi(DEFINITION_SCHEMAS);
export const ALL_DOORS = doorsOf(API);

const DOCUMENT = openApiDocument(
  {
    publicBaseUrl: "https://waybill.example",
    audiences: ["api://waybill"],
    maxBodyBytes: 16_777_216,
    temporaryEndpointMs: 5_400_000,
    operatorRole: "Waybill.Operator",
  },
  API,
);

/** `requests` may have further members; `answers` may not. */
const URIS = {
  requests: "https://waybill.example/as-sent",
  answers: "https://waybill.example/as-answered",
} as const;

/** The patterns in the schemas say more than the formats beside them. */
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: URIS.requests, ...DOCUMENT });
ajv.addSchema({ $id: URIS.answers, ...(closed(DOCUMENT) as object) });

/** The document, with each object that may get members tomorrow allowing those that it names today, and no other. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(closed);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const members = Object.entries(value).map(([name, member]) => [name, closed(member)]);
  const isOpen = "properties" in value && !("additionalProperties" in value);
  return Object.fromEntries([...members, ...(isOpen ? [["additionalProperties", false]] : [])]);
}

/**
 * The door that an address belongs to, whatever clients put before it and in whatever case they write it; a path
 * of the document that has a parameter where another has a text comes second.
 */
export function findDoor(method: string, pathname: string): Door | null {
  const fitting = ALL_DOORS.filter(
    (door) => door.method === method.toLowerCase() && patternOf(door).test(pathname),
  );
  return fitting.sort((a, b) => parameterCount(a) - parameterCount(b))[0] ?? null;
}

const patterns = new Map<string, RegExp>();

function patternOf({ path, isPrefixed = false }: Door): RegExp {
  const known = patterns.get(path);
  if (known !== undefined) {
    return known;
  }
  const text = path
    .split(/\{\w+\}/)
    .map((part) => part.replaceAll(".", "\\."))
    .join("[^/]+");
  const pattern = new RegExp(`^${isPrefixed ? "(?:/[^/]+){0,2}" : ""}${text}/?$`, "i");
  patterns.set(path, pattern);
  return pattern;
}

function parameterCount({ path }: Door): number {
  return path.split("{").length;
}

/** The document's description of a door. */
export function describedOperation({ path, method }: Door): DescribedOperation {
  const described = DOCUMENT.paths[path]?.[method];
  if (described === undefined) {
    throw new Error(`${method} ${path} is not in the document`);
  }
  return described;
}

/**
 * Compares a value with a schema of the document.
 *
 * @param place the schema's place in the document, member by member
 * @returns the deviation; null when there is none
 */
export function schemaDeviation(
  side: keyof typeof URIS,
  place: readonly (string | number)[],
  value: unknown,
): string | null {
  const validate = ajv.getSchema(`${URIS[side]}#${pointerTo(place)}`);
  if (validate === undefined) {
    throw new Error(`The document has no schema at ${place.join(" / ")}`);
  }
  return validate(value) ? null : ajv.errorsText(validate.errors, { dataVar: "body" });
}

/** @see https://www.rfc-editor.org/rfc/rfc6901#section-6 */
function pointerTo(place: readonly (string | number)[]): string {
  return place
    .map(
      (part) => `/${encodeURIComponent(String(part).replaceAll("~", "~0").replaceAll("/", "~1"))}`,
    )
    .join("");
}

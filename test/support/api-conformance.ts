import { Ajv2020 } from "ajv/dist/2020.js";
import type { Operation } from "../../src/contracts/openapi/operation.ts";
import { OPERATIONS, openApiDocument } from "../../src/contracts/openapi.ts";

export interface ReceivedAnswer {
  readonly status: number;
  /** Its Content-Type. */
  readonly type: string | null;
  readonly bytes: Uint8Array;
}

const DOCUMENT = openApiDocument({
  publicBaseUrl: "https://waybill.example",
  audiences: ["api://waybill"],
  operatorRole: "Waybill.Operator",
});
const DOCUMENT_URI = "https://waybill.example/openapi";

/** The patterns in the schemas say more than the formats beside them. */
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: DOCUMENT_URI, ...(closed(DOCUMENT) as object) });

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
 * The operation that an address belongs to, whatever clients put before it and in whatever case they write it; a path
 * of the document that has a parameter where another has a text comes second.
 */
export function findOperation(method: string, pathname: string): Operation | null {
  const fitting = OPERATIONS.filter(
    (operation) =>
      operation.method === method.toLowerCase() && patternOf(operation.path).test(pathname),
  );
  return fitting.sort((a, b) => parameterCount(a) - parameterCount(b))[0] ?? null;
}

function patternOf(path: string): RegExp {
  const pattern = path
    .split(/\{\w+\}/)
    .map((text) => text.replaceAll(".", "\\."))
    .join("[^/]+");
  const mayHavePrefix = /^\/(?:api\/connector|data)\//.test(path);
  return new RegExp(`^${mayHavePrefix ? "(?:/[^/]+){0,2}" : ""}${pattern}/?$`, "i");
}

function parameterCount({ path }: Operation): number {
  return path.split("{").length;
}

/**
 * Compares an answer with what the document says about its operation. What the document does not know may only be
 * refused, in the shape that refusals have.
 *
 * @throws Error that names the deviation
 */
export function checkAnswer(
  request: { readonly method: string; readonly pathname: string },
  answer: ReceivedAnswer,
): void {
  const operation = findOperation(request.method, request.pathname);
  const fail = (deviation: string): never => {
    const call = `${request.method} ${request.pathname} (${operation?.id ?? "not described"})`;
    throw new Error(
      `${call} is answered ${answer.status}, ${deviation}: ${Buffer.from(answer.bytes).toString().slice(0, 500)}`,
    );
  };
  if (operation === null) {
    checkRefusal(answer, fail);
    return;
  }
  const described = DOCUMENT.paths[operation.path]?.[operation.method];
  const response = described?.responses[answer.status] ?? fail("a status that is not described");
  if (response.content === undefined) {
    if (answer.bytes.length > 0) {
      fail("with a body that is not described");
    }
    return;
  }
  const mediaType = mediaTypeOf(answer);
  const name = [mediaType, "*/*"].find((known) => known in (response.content ?? {}));
  if (name === undefined) {
    fail(`as "${mediaType}", which is not described`);
  } else if (response.content[name]?.schema !== undefined) {
    const place = [
      "paths",
      operation.path,
      operation.method,
      "responses",
      answer.status,
      "content",
    ];
    checkBody(answer, pointerTo([...place, name, "schema"]), fail);
  }
}

type Fail = (deviation: string) => never;

function checkRefusal(answer: ReceivedAnswer, fail: Fail): void {
  if (answer.status < 400) {
    fail("and not described");
  }
  if (answer.bytes.length > 0) {
    const isProblem = mediaTypeOf(answer) === "application/problem+json";
    checkBody(
      answer,
      pointerTo(["components", "schemas", isProblem ? "ProblemDetails" : "OdataError"]),
      fail,
    );
  }
}

function checkBody(answer: ReceivedAnswer, pointer: string, fail: Fail): void {
  const validate = ajv.getSchema(`${DOCUMENT_URI}#${pointer}`);
  if (validate === undefined) {
    fail(`but there is no schema at ${pointer}`);
  } else if (!validate(JSON.parse(Buffer.from(answer.bytes).toString("utf8")))) {
    fail(`against its schema (${ajv.errorsText(validate.errors, { dataVar: "body" })})`);
  }
}

function mediaTypeOf({ type }: ReceivedAnswer): string {
  return (type ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** @see https://www.rfc-editor.org/rfc/rfc6901#section-6 */
function pointerTo(place: readonly (string | number)[]): string {
  return place
    .map(
      (part) => `/${encodeURIComponent(String(part).replaceAll("~", "~0").replaceAll("/", "~1"))}`,
    )
    .join("");
}

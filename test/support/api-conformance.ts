import { isUtf8 } from "node:buffer";
import { z } from "zod";
import type { Door } from "../../src/functions/http/door.ts";
import { describedOperation, findDoor, schemaDeviation } from "./api-document.ts";
import type { RecordedBody, RecordedExchange } from "./recorded-exchange.ts";
import { toleratedDeviation } from "./request-tolerances.ts";

/** On every answer that comes from the app. */
const INVOCATION_HEADER = "x-ms-invocation-id";

/** Headers that say how an answer travels, not what it says. */
const GENERAL_HEADERS = new Set([
  "cache-control",
  "connection",
  "content-length",
  "content-type",
  "date",
  "keep-alive",
  "server",
  "transfer-encoding",
  "x-content-type-options",
  INVOCATION_HEADER,
]);

/** Statuses with which the platform itself refuses, without a body; no document lists them. */
const REFUSED_BY_THE_PLATFORM: ReadonlySet<number> = new Set([400, 404, 414, 431, 503]);

/** Paths of the platform, which are not part of the API. */
const PLATFORM_REGEXP = /^\/(?:admin|runtime)(?:\/|$)/i;

/**
 * Compares a request and its answer with the document of its door: status, headers, content type and body. If the
 * request succeeded, its body is compared, too. A request that the document does not know must be refused, in the form
 * of refusals.
 *
 * @throws Error that names the deviation
 */
export function checkExchange(exchange: RecordedExchange): void {
  const [pathname = ""] = exchange.target.replace(/^https?:\/\/[^/]+/, "").split("?");
  if (PLATFORM_REGEXP.test(pathname) || isRefusedByPlatform(exchange)) {
    return;
  }
  const door = findDoor(exchange.method, pathname);
  const deviation =
    charsetDeviation(exchange) ??
    (door === null
      ? refusalDeviation(exchange)
      : (answerDeviation(door, exchange) ??
        requestDeviation(door, exchange) ??
        insideDeviation(door, exchange)));
  if (deviation !== null) {
    throw new Error(
      `${exchange.method} ${pathname} (${door?.id ?? "not described"}) is answered ${exchange.status}, ${deviation}`,
    );
  }
}

const TEXT_REGEXP = /^text\/|[/+](?:json|xml)$|-(?:jsonlines|xmllines)$/;

/** Without a charset, clients read a text as ISO-8859-1. UTF-8 text must be named UTF-8. */
function charsetDeviation({ headers, answer, ...exchange }: RecordedExchange): string | null {
  const contentType = headers["content-type"];
  if (
    contentType === undefined ||
    !TEXT_REGEXP.test(mediaTypeOf({ ...exchange, headers, answer }))
  ) {
    return null;
  }
  const charset = /;\s*charset=([\w-]+)/.exec(contentType)?.[1];
  const isTrue =
    charset !== "utf-8" ||
    exchange.status === 206 ||
    isUtf8(Buffer.from(answer.content ?? "", "base64"));
  return charset !== undefined && isTrue
    ? null
    : `as "${contentType}", which does not say what its text is in`;
}

/**
 * Names that stand in definitions and databases of the tests, and in texts of PostgreSQL: schemas with a table behind
 * them, roles, connections, hosts, and whatever a test has planted.
 */
const INSIDE_REGEXP =
  /\b(?:public|shop)\.[a-z_\\"]|\b(?:shop-owner|shop_owner|shop_reader|pg_hba|plant_\w+)\b|\.internal\b|\brelation \\?"|\bSQLSTATE\b/;

/** No partner ever reads a name of the inside. A file that is downloaded holds what its source holds. */
function insideDeviation(door: Door, { answer }: RecordedExchange): string | null {
  if (door.caller !== "partner" || door.id.startsWith("connector-download")) {
    return null;
  }
  const [found] = INSIDE_REGEXP.exec(answer.content === null ? "" : textOf(answer)) ?? [];
  return found === undefined ? null : `with a name of the inside, ${found}: ${textOf(answer)}`;
}

function isRefusedByPlatform({ status, headers, answer }: RecordedExchange): boolean {
  return (
    REFUSED_BY_THE_PLATFORM.has(status) &&
    headers[INVOCATION_HEADER] === undefined &&
    answer.bytes === 0
  );
}

function refusalDeviation(exchange: RecordedExchange): string | null {
  if (exchange.status < 400) {
    return "and not described";
  }
  const isProblem = mediaTypeOf(exchange) === "application/problem+json";
  return bodyDeviation(exchange.answer, [
    "components",
    "schemas",
    isProblem ? "ProblemDetails" : "OdataError",
  ]);
}

function answerDeviation(door: Door, exchange: RecordedExchange): string | null {
  const { status, headers, answer } = exchange;
  const described = describedOperation(door).responses[status];
  if (described === undefined) {
    return `a status that is not described: ${textOf(answer)}`;
  }
  const wrongHeader = headerDeviation(described.headers ?? {}, headers);
  if (wrongHeader !== null) {
    return wrongHeader;
  }
  if (described.content === undefined) {
    return answer.bytes === 0 ? null : `with a body that is not described: ${textOf(answer)}`;
  }
  const mediaType = mediaTypeOf(exchange);
  const name = [mediaType, "*/*"].find((known) => known in (described.content ?? {}));
  if (name === undefined) {
    return `as "${mediaType}", which is not described: ${textOf(answer)}`;
  }
  return described.content[name]?.schema === undefined
    ? null
    : bodyDeviation(answer, [...placeOf(door), "responses", status, "content", name, "schema"]);
}

function headerDeviation(
  described: Readonly<Record<string, { readonly required: boolean }>>,
  headers: Readonly<Record<string, string>>,
): string | null {
  const known = new Map(
    Object.entries(described).map(([name, { required }]) => [name.toLowerCase(), required]),
  );
  const missing = [...known].find(([name, required]) => required && headers[name] === undefined);
  if (missing !== undefined) {
    return `without the header "${missing[0]}"`;
  }
  const other = Object.keys(headers).find((name) => !known.has(name) && !GENERAL_HEADERS.has(name));
  return other === undefined ? null : `with the header "${other}", which is not described`;
}

/** A body that was cut, or is too large to be kept, is not looked at. */
function bodyDeviation(answer: RecordedBody, place: readonly (string | number)[]): string | null {
  if (answer.content === null) {
    return null;
  }
  const text = textOf(answer);
  try {
    const deviation = schemaDeviation("answers", place, JSON.parse(text));
    return deviation === null ? null : `against its schema (${deviation}): ${shortened(text)}`;
  } catch (error) {
    return `with a body that cannot be compared (${(error as Error).message}): ${shortened(text)}`;
  }
}

/** A request that succeeded shows that the document does not ask for more than the app does. */
function requestDeviation(door: Door, exchange: RecordedExchange): string | null {
  const { requestBody } = describedOperation(door);
  const { request, status } = exchange;
  if (status >= 300 || request.content === null || requestBody === undefined) {
    return null;
  }
  const schema = requestBody.content?.["application/json"]?.schema;
  if (schema === undefined || (request.bytes === 0 && !requestBody.required)) {
    return null;
  }
  const place = [...placeOf(door), "requestBody", "content", "application/json", "schema"];
  const text = textOf(request);
  const deviation = toleratedDeviation(door, { text, names: memberNames(door) }, (value) =>
    schemaDeviation("requests", place, value),
  );
  return deviation === null
    ? null
    : `though its request deviates from its schema (${deviation}): ${shortened(text)}`;
}

function memberNames({ body }: Door): string[] {
  const schema = body?.schema;
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function placeOf({ path, method }: Door): string[] {
  return ["paths", path, method];
}

function mediaTypeOf({ headers }: RecordedExchange): string {
  return headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
}

/** As UTF-8, or what its byte order mark says. */
function textOf({ content }: RecordedBody): string {
  const bytes = Buffer.from(content ?? "", "base64");
  const mark = bytes.subarray(0, 2).toString("hex");
  const encoding = { fffe: "utf-16le", feff: "utf-16be" }[mark] ?? "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

function shortened(text: string): string {
  return text.slice(0, 500);
}

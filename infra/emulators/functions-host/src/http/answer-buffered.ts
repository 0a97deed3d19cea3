import { joined } from "../binding-data.ts";
import type { HttpCookie, HttpData, TypedData } from "../core-types.ts";
import type { HostFunction } from "../host-function.ts";
import type { InvocationOutcome } from "../invocation.ts";
import {
  type AnswerPorts,
  contentLength,
  type Exchange,
  endWith,
  headerPairs,
  isChunked,
  protocolOf,
  readBodyAhead,
  requestTarget,
  traceContext,
  triggerMetadata,
} from "./exchange.ts";

/**
 * Answers with streaming off: request and response travel as values.
 *
 * As on the platform: a chunked upload arrives EMPTY, repeated headers and query values are joined by ",", no result is
 * 204, and a throwing function is 500 without a body.
 */
export async function answerBuffered(ports: AnswerPorts, exchange: Exchange): Promise<void> {
  const { request, response, target, invocationId } = exchange;
  if (isChunked(request)) {
    ports.log.warn(
      `Function "${target.name}" gets an EMPTY body: chunked uploads reach it only with app.setup({ enableHttpStream: true })`,
      { functionName: target.name, invocationId },
    );
    request.resume();
  }
  const body = await readBodyAhead(exchange, ports.maxBodyBytes);
  const bytes = body === null ? null : await body.bytes();
  const metadata = await triggerMetadata(exchange, body);
  await body?.dispose();
  let outcome: InvocationOutcome;
  try {
    outcome = await ports.invoke(target, {
      invocationId,
      inputData: [{ name: target.trigger.name, data: { http: httpRequest(exchange, bytes) } }],
      triggerMetadata: metadata,
      traceContext: traceContext(exchange),
    });
  } catch {
    endWith(response, 500);
    return;
  }
  writeResponse(exchange, httpResult(target, outcome));
}

function httpRequest(exchange: Exchange, body: Buffer | null): HttpData {
  const { request, query, values } = exchange;
  const headers = joined(headerPairs(exchange).map(([name, value]) => [name.toLowerCase(), value]));
  const params = Object.entries(values).filter((entry): entry is [string, string] => {
    return entry[1] !== null;
  });
  return {
    method: request.method ?? "GET",
    url: `${protocolOf(exchange)}://${request.headers.host ?? "localhost"}${requestTarget(exchange)}`,
    nullableHeaders: nullable(headers),
    nullableQuery: nullable(joined([...query])),
    nullableParams: nullable(Object.fromEntries(params)),
    ...(body !== null && contentLength(request) > 0 ? { body: { bytes: body } } : {}),
  };
}

function nullable(values: Record<string, string>): Record<string, { value: string }> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

/** The HTTP output is the return value, or an output of type `http` under another name. */
function httpResult(target: HostFunction, { response }: InvocationOutcome): HttpData | null {
  const named = response.outputData?.find(
    ({ name }) => target.metadata.bindings[name]?.type?.toLowerCase() === "http",
  );
  return (response.returnValue ?? named?.data)?.http ?? null;
}

function writeResponse({ response }: Exchange, result: HttpData | null): void {
  if (result === null) {
    response.writeHead(204).end();
    return;
  }
  for (const [name, value] of Object.entries(result.headers ?? {})) {
    if (name !== "content-length" && name !== "transfer-encoding") {
      response.setHeader(name, value);
    }
  }
  for (const cookie of result.cookies ?? []) {
    response.appendHeader("set-cookie", cookieText(cookie));
  }
  const content = contentOf(result.body);
  if (content.length > 0 && !response.hasHeader("content-type")) {
    response.setHeader("content-type", "application/octet-stream");
  }
  response.statusCode = Number(result.statusCode ?? 200);
  response.end(content);
}

function contentOf(body: TypedData | undefined): Buffer {
  return body?.bytes === undefined
    ? Buffer.from(body?.string ?? body?.json ?? "")
    : Buffer.from(body.bytes);
}

const SAME_SITE = { none: null, lax: "lax", strict: "strict", explicitNone: "none" } as const;

function cookieText(cookie: HttpCookie): string {
  const sameSite = SAME_SITE[cookie.sameSite ?? "none"];
  const expires = cookie.expires?.value.seconds;
  return [
    `${cookie.name}=${encodeURIComponent(cookie.value)}`,
    expires === undefined ? null : `expires=${new Date(expires * 1000).toUTCString()}`,
    cookie.maxAge === undefined ? null : `max-age=${Math.floor(cookie.maxAge.value)}`,
    cookie.domain === undefined ? null : `domain=${cookie.domain.value}`,
    `path=${cookie.path?.value ?? "/"}`,
    cookie.secure?.value === true ? "secure" : null,
    sameSite === null ? null : `samesite=${sameSite}`,
    cookie.httpOnly?.value === true ? "httponly" : null,
  ]
    .filter((part) => part !== null)
    .join("; ");
}

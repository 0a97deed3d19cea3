import { inspect } from "node:util";
import type {
  HttpHandler,
  HttpRequest,
  HttpResponseInit,
  InvocationContext,
} from "@azure/functions";
import { isAppError } from "../../domain/errors.ts";
import type { Log } from "../../domain/log-events.ts";
import { addLogFacts, withLogFacts } from "../../domain/log-facts.ts";
import { partnerMessage } from "../../domain/partner-message.ts";
import { withCharset } from "./content-type.ts";
import { requestFacts } from "./request-facts.ts";
import { routeParams } from "./route-params.ts";

/** The ids of connector, message and the like are in it; our own paths are shorter. */
const MAX_PATH_LENGTH = 300;

/**
 * Every handler must answer, also when it fails: a handler that throws leaves a streaming client waiting for minutes. Each
 * request leaves one line that says who asked for what, how long it took and what came of it.
 */
export function answered(
  log: Log,
  handler: (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>,
  refuse: (error: unknown, request: HttpRequest, requestId: string) => HttpResponseInit,
): HttpHandler {
  return (request, context) => withLogFacts({}, () => answer(request, context));

  async function answer(
    request: HttpRequest,
    context: InvocationContext,
  ): Promise<HttpResponseInit> {
    const startedAtMs = performance.now();
    const requestId = context.invocationId;
    addLogFacts(requestFacts(context.functionName, routeParams(request.params)));
    const outcome = await handler(request, context).then(
      (response) => ({ response, failure: undefined }),
      (error: unknown) => ({
        response: refuse(error, request, requestId),
        failure: describe(error),
      }),
    );
    log("request", {
      name: context.functionName,
      method: request.method,
      path: new URL(request.url).pathname.slice(0, MAX_PATH_LENGTH),
      status: outcome.response.status ?? 200,
      durationMs: Math.round(performance.now() - startedAtMs),
      callerRequestId: callerRequestId(request),
      failure: outcome.failure,
    });
    const response = { ...outcome.response, headers: headersOf(outcome.response) };
    return request.method === "HEAD" ? withoutBody(response) : response;
  }
}

/**
 * With the charset of texts; and whatever an answer holds of what somebody else wrote: no browser takes it for another
 * kind of content.
 */
function headersOf({ headers, jsonBody }: HttpResponseInit): Record<string, string> {
  const own = headers as Record<string, string> | undefined;
  const contentType = own?.["Content-Type"] ?? (jsonBody === undefined ? null : "application/json");
  return {
    ...own,
    ...(contentType === null ? {} : { "Content-Type": withCharset(contentType) }),
    "X-Content-Type-Options": "nosniff",
  };
}

/**
 * An error as the log has it. An error with a name gives its code, the facts that its caller is not told, and its
 * cause. Any other is logged in full.
 */
function describe(error: unknown): string {
  if (!isAppError(error)) {
    return inspect(error);
  }
  const untold = partnerMessage(error) === error.message ? [] : [error.message];
  const cause = error.cause === undefined ? [] : [inspect(error.cause)];
  return [error.code, ...untold, ...cause].join(": ");
}

/** The id under which the caller knows the request, if it is one that a log line can bear. */
function callerRequestId(request: HttpRequest): string | undefined {
  const id =
    request.headers.get("x-ms-client-request-id") ?? request.headers.get("x-correlation-id");
  return id !== null && /^[A-Za-z0-9._-]{1,64}$/.test(id) ? id : undefined;
}

async function withoutBody(response: HttpResponseInit): Promise<HttpResponseInit> {
  const { body, jsonBody: _, ...rest } = response;
  if (body instanceof ReadableStream) {
    await body.cancel();
  }
  return rest;
}

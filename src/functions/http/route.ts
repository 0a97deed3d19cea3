import { inspect } from "node:util";
import type {
  HttpHandler,
  HttpRequest,
  HttpResponseInit,
  InvocationContext,
} from "@azure/functions";
import type { z } from "zod";
import { AppError, isAppError } from "../../domain/errors.ts";
import { fieldProblems } from "../../domain/field-problems.ts";
import type { Log } from "../../domain/log-events.ts";
import { addLogFacts, withLogFacts } from "../../domain/log-facts.ts";
import { partnerMessage } from "../../domain/partner-message.ts";
import type { Principal, Tokens } from "../../domain/ports.ts";
import { requireWhole } from "../../domain/values/named-charset.ts";
import { parseForeignJson } from "../../formats/json/bounded-json.ts";
import { bodyText } from "./body-text.ts";
import { withCharset } from "./content-type.ts";
import type { RequireKnownQuery } from "./known-query.ts";
import { failureResponse, type Reader } from "./problem.ts";
import type { CountRequest } from "./rate-limit.ts";
import { requestFacts } from "./request-facts.ts";
import { routeParams } from "./route-params.ts";

/** What a handler is given. */
export interface Call {
  readonly caller: Principal;
  readonly params: Readonly<Record<string, string>>;
  /** Query parameters with names in lower case: clients differ in how they write them. */
  readonly query: ReadonlyMap<string, string>;
  readonly request: HttpRequest;
  readonly invocationId: string;
}

type Handler = (call: Call) => Promise<HttpResponseInit>;

/** Wraps handlers, so that each has the same caller check, the same errors and one log line. */
export interface Routes {
  /** For applications that some connector names. */
  application(handler: Handler): HttpHandler;
  /** For tokens with the operator's role. */
  operator(handler: Handler): HttpHandler;
  /** For anybody. */
  anyone(handler: (request: HttpRequest) => Promise<HttpResponseInit>): HttpHandler;
}

interface RouteOptions {
  readonly operatorRole: string;
  /** Told of each request whose token is good, before anything is done about it. */
  readonly countRequest: CountRequest;
  readonly requireKnownQuery: RequireKnownQuery;
}

export function makeRoutes(
  ports: { tokens: Tokens; log: Log },
  { operatorRole, countRequest, requireKnownQuery }: RouteOptions,
): Routes {
  const authenticated = (
    reader: Reader,
    handler: Handler,
    check: (caller: Principal) => void,
  ): HttpHandler =>
    answered(ports.log, reader, async (request, context) => {
      const caller = await ports.tokens.verify(bearerToken(request));
      addLogFacts({ applicationId: caller.applicationId });
      countRequest(caller.applicationId);
      check(caller);
      requireWhole(request.headers.get("content-type"));
      const query = new Map([...request.query].map(([name, value]) => [name.toLowerCase(), value]));
      requireKnownQuery(context.functionName, query.keys());
      const { invocationId } = context;
      const params = routeParams(request.params);
      return handler({ caller, params, query, request, invocationId });
    });

  return {
    application: (handler) => authenticated("partner", handler, () => undefined),
    operator: (handler) =>
      authenticated("operator", handler, (caller) => requireRole(caller, operatorRole)),
    anyone: (handler) => answered(ports.log, "partner", async (request) => handler(request)),
  };
}

/** The ids of connector, message and the like are in it; our own paths are shorter. */
const MAX_PATH_LENGTH = 300;

/**
 * Every handler must answer, also when it fails: a handler that throws leaves a streaming client waiting for minutes. Each
 * request leaves one line that says who asked for what, how long it took and what came of it.
 */
function answered(
  log: Log,
  reader: Reader,
  handler: (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>,
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
        response: failureResponse(error, requestId, reader),
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
 * An error as the log has it: the code of one with a name, what its caller is not told, and what is behind it; all
 * about any other.
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

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
function bearerToken(request: HttpRequest): string {
  const header = request.headers.get("authorization") ?? "";
  const [, token] = /^bearer[ \t]+([\w.~+/-]+=*)$/i.exec(header.trim()) ?? [];
  if (token === undefined) {
    throw new AppError(
      "token-missing",
      'Cannot answer without a token: send it as "Authorization: Bearer <token>"',
    );
  }
  return token;
}

function requireRole(caller: Principal, role: string): void {
  if (!caller.roles.includes(role)) {
    throw new AppError(
      "forbidden",
      `Cannot let application "${caller.applicationId}" do this: its token lacks the app role "${role}"`,
    );
  }
}

/** Reads what a schema describes. @throws AppError `request-invalid`, naming each wrong field */
export function parseRequest<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (!result.success) {
    const problems = fieldProblems(result.error);
    const list = problems.map(({ field, message }) => `${field || "it"} ${message}`).join("; ");
    throw new AppError("request-invalid", `Cannot read the request: ${list}`, { problems });
  }
  return result.data;
}

/**
 * Reads a body as JSON.
 *
 * @param whenEmpty what stands for a body without a character in it; without it such a body is not JSON
 * @throws AppError `request-invalid`, and what `bodyText` throws
 */
export async function readJson(request: HttpRequest, whenEmpty?: unknown): Promise<unknown> {
  const text = await bodyText(request);
  if (whenEmpty !== undefined && text.trim() === "") {
    return whenEmpty;
  }
  try {
    return parseForeignJson(text);
  } catch {
    throw new AppError("request-invalid", "Cannot read the request: the body is not JSON");
  }
}

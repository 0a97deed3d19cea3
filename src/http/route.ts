import type {
  HttpHandler,
  HttpRequest,
  HttpResponseInit,
  InvocationContext,
} from "@azure/functions";
import type { z } from "zod";
import { AppError, isAppError } from "../domain/errors.ts";
import { fieldProblems } from "../domain/field-problems.ts";
import type { Log, Principal, Tokens } from "../domain/ports.ts";
import { problemOf, unforeseenProblem } from "./problem.ts";

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

export function makeRoutes(ports: { tokens: Tokens; log: Log }, operatorRole: string): Routes {
  const authenticated = (handler: Handler, check: (caller: Principal) => void): HttpHandler =>
    answered(ports.log, async (request, context) => {
      const caller = await ports.tokens.verify(bearerToken(request));
      check(caller);
      const query = new Map([...request.query].map(([name, value]) => [name.toLowerCase(), value]));
      const { invocationId } = context;
      return handler({ caller, params: request.params, query, request, invocationId });
    });

  return {
    application: (handler) => authenticated(handler, () => undefined),
    operator: (handler) => authenticated(handler, (caller) => requireRole(caller, operatorRole)),
    anyone: (handler) => answered(ports.log, async (request) => handler(request)),
  };
}

/** Every handler must answer, also when it fails: a handler that throws leaves a streaming client waiting for minutes. */
function answered(
  log: Log,
  handler: (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>,
): HttpHandler {
  return async (request, context) => {
    const requestId = context.invocationId;
    const outcome = await handler(request, context).then(
      (response) => ({ response, failure: undefined }),
      (error: unknown) => ({
        response: isAppError(error) ? problemOf(error, requestId) : unforeseenProblem(requestId),
        failure: describe(error),
      }),
    );
    log("request", {
      name: context.functionName,
      method: request.method,
      status: outcome.response.status ?? 200,
      requestId,
      failure: outcome.failure,
    });
    return outcome.response;
  };
}

/** An error as the log has it: the code of one with a name, the stack of any other. */
function describe(error: unknown): string {
  if (isAppError(error)) {
    return error.code;
  }
  return String(error instanceof Error ? error.stack : error);
}

function bearerToken(request: HttpRequest): string {
  const [scheme, token] = (request.headers.get("authorization") ?? "").trim().split(/\s+/, 2);
  if (scheme?.toLowerCase() !== "bearer" || token === undefined) {
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

/** Reads a body as JSON. @throws AppError `request-invalid` */
export async function readJson(request: HttpRequest): Promise<unknown> {
  const text = await request.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError("request-invalid", "Cannot read the request: the body is not JSON");
  }
}

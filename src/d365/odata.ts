import type { HttpHandler, HttpResponseInit } from "@azure/functions";
import type { z } from "zod";
import { onEveryPrefix } from "../functions/http/connector-route.ts";
import { type Members, readLenientJson } from "../functions/http/lenient-json.ts";
import { type Call, parseRequest, type Routes } from "../functions/http/route.ts";
import type { OdataError } from "./odata-schema.ts";

/** What an action answers with; undefined where the original answers with nothing. */
export type OdataValue = string | boolean | readonly string[] | undefined;

/** A call of an action. */
export interface ActionCall {
  readonly applicationId: string;
  /** What the body has of this schema, with names in any case. @throws AppError `request-invalid` */
  read<Schema extends z.ZodObject>(schema: Schema): z.output<Schema>;
  /** Headers of the answer, to be added to. */
  readonly answerHeaders: Record<string, string>;
}

const ENTITY = "DataManagementDefinitionGroup";

/**
 * Registers the actions of the data management entity under each address that existing clients use for them. Their
 * names are read in any case.
 *
 * `call` is given the action's name as the client wrote it.
 */
export function registerActions(
  routes: Routes,
  publicBaseUrl: string,
  call: (action: string, input: ActionCall) => Promise<OdataValue>,
): void {
  const answer = routes.application(async (request) => {
    const members = await readLenientJson(request.request);
    const input = actionCall(request, members);
    const value = await call(actionOf(request.params), input);
    const answer = valueResponse(publicBaseUrl, value);
    return { ...answer, headers: { ...answer.headers, ...input.answerHeaders } };
  });
  onEveryPrefix("package-api", {
    path: `data/${ENTITY}s/Microsoft.Dynamics.DataEntities.{action}`,
    method: "POST",
    handler: withOdataErrors(answer),
  });
}

function actionOf(params: Readonly<Record<string, string>>): string {
  return params.action ?? "";
}

function actionCall({ caller }: Call, members: Members): ActionCall {
  return {
    applicationId: caller.applicationId,
    answerHeaders: {},
    read: (schema) => {
      const input = Object.keys(schema.shape).map((name) => [name, memberOf(members, name)]);
      return parseRequest(schema, Object.fromEntries(input));
    },
  };
}

/** Some actions of the original have names with an underscore before them, and clients are not of one mind which. */
function memberOf(members: Members, name: string): unknown {
  const lowerCase = name.toLowerCase();
  return members.get(lowerCase) ?? members.get(`_${lowerCase}`);
}

/** The value is flat: known clients take `value` for the answer itself. */
function valueResponse(publicBaseUrl: string, value: OdataValue): HttpResponseInit {
  if (value === undefined) {
    return { status: 204, headers: HEADERS };
  }
  const context = `${publicBaseUrl}/data/$metadata#${typeOf(value)}`;
  return jsonResponse(200, { "@odata.context": context, value });
}

function typeOf(value: Exclude<OdataValue, undefined>): string {
  if (typeof value === "boolean") {
    return "Edm.Boolean";
  }
  return typeof value === "string" ? "Edm.String" : "Collection(Edm.String)";
}

/** Failures in the shape of the original: scripts look for words in `innererror.message`. Without its stack trace. */
function withOdataErrors(handler: HttpHandler): HttpHandler {
  return async (request, context) => {
    const response = (await handler(request, context)) as HttpResponseInit;
    const { status = 200, headers } = response;
    if (status < 400) {
      return response;
    }
    const { detail } = JSON.parse(String(response.body)) as { detail: string };
    const error: OdataError["error"] = {
      code: "",
      message: "An error has occurred.",
      innererror: {
        message: `Exception occurred while executing action ${actionOf(request.params)} on Entity ${ENTITY}: ${detail}`,
        type: "System.InvalidOperationException",
      },
    };
    const answer = jsonResponse(KEPT_STATUSES.has(status) ? status : 400, { error });
    return { ...answer, headers: { ...headers, ...answer.headers } };
  };
}

/** What is not about the call itself; the original has 400 for everything else. */
const KEPT_STATUSES: ReadonlySet<number> = new Set([401, 403, 415, 429, 500, 503]);

const HEADERS = { "OData-Version": "4.0", "Cache-Control": "no-store" } as const;

function jsonResponse(status: number, body: object): HttpResponseInit {
  return {
    status,
    headers: {
      ...HEADERS,
      "Content-Type": "application/json; odata.metadata=minimal; charset=utf-8",
    },
    body: JSON.stringify(body),
  };
}

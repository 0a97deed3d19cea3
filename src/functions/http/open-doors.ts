import {
  app,
  type HttpHandler,
  type HttpMethod,
  type HttpRequest,
  type HttpResponseInit,
  type InvocationContext,
} from "@azure/functions";
import { requireWhole } from "../../domain/values/named-charset.ts";
import { answered } from "./answered.ts";
import { checkCaller } from "./check-caller.ts";
import type { Door, DoorPorts, Family, Reply } from "./door.ts";
import { requireKnownQuery } from "./known-query.ts";
import { parseRequest } from "./parse-request.ts";
import { pick } from "./pick.ts";
import { failureResponse } from "./problem.ts";
import type { CountRequest } from "./rate-limit.ts";
import { PROBLEM_DETAILS } from "./refusals.ts";
import { routeParams } from "./route-params.ts";

/** Clients put a locale, or the path that a gateway publishes us under, before the path itself. */
const PREFIXES = [
  "",
  "{prefix:maxlength(64)}/",
  "{prefix1:maxlength(64)}/{prefix2:maxlength(64)}/",
];

/** Where a door, or a family of them, is registered: the names of functions and their routes. */
export function routesOf(entrance: Door | Family): { name: string; route: string }[] {
  const { id, path, isPrefixed = false } = entrance;
  const route = ("route" in entrance ? entrance.route : undefined) ?? path.slice(1);
  return (isPrefixed ? PREFIXES : [""]).map((prefix, depth) => ({
    name: depth === 0 ? id : `${id}-under-${depth}`,
    route: prefix + route,
  }));
}

/** Registers doors with the platform. */
export function openDoors(
  entrances: readonly (Door | Family)[],
  ports: DoorPorts,
  countRequest: CountRequest,
): void {
  for (const entrance of entrances) {
    const handler = handlerOf(entrance, ports, countRequest);
    for (const { name, route } of routesOf(entrance)) {
      app.http(name, {
        route,
        methods: [entrance.method.toUpperCase() as HttpMethod],
        authLevel: "anonymous", // the door checks tokens: Entra's, not function keys
        handler,
      });
    }
  }
}

/** The function that answers the requests at a door. */
export function handlerOf(
  entrance: Door | Family,
  ports: DoorPorts,
  countRequest: CountRequest,
): HttpHandler {
  const { caller, wording = PROBLEM_DETAILS } = entrance;
  const reader = caller === "operator" ? "operator" : "partner";

  return answered(ports.log, answer, (error, request, requestId) =>
    wording.refuse(failureResponse(error, requestId, reader), routeParams(request.params)),
  );

  async function answer(
    request: HttpRequest,
    { invocationId }: InvocationContext,
  ): Promise<HttpResponseInit> {
    const { operatorRole } = ports.site;
    const principal = await checkCaller({ tokens: ports.tokens, countRequest }, request, {
      caller,
      operatorRole,
    });
    requireWhole(request.headers.get("content-type"));
    const params = routeParams(request.params);
    const door = "doors" in entrance ? entrance.doorFor(params) : entrance;
    const query = new Map([...request.query].map(([name, value]) => [name.toLowerCase(), value]));
    requireKnownQuery(door, query.keys());
    const { method, headers } = request;
    const head = { caller: principal, params, method, headers, invocationId };
    const subject = await door.subject?.(ports, head);
    const call = {
      ...head,
      subject,
      query: readQuery(door, query),
      body: await door.body?.read(request, invocationId),
    };
    return responseOf(door, await door.handle(ports, call));
  }
}

/** @throws AppError `request-invalid` */
function readQuery({ query }: Door, given: ReadonlyMap<string, string>): unknown {
  const input = Object.keys(query?.shape ?? {}).map((name) => [
    name,
    given.get(name.toLowerCase()),
  ]);
  return query === undefined ? {} : parseRequest(query, Object.fromEntries(input));
}

/** An answer as its description says: nothing else leaves the house. */
function responseOf({ answers, id }: Door, reply: Reply): HttpResponseInit {
  const { status, headers = {}, json, body } = reply;
  const answer = answers[status];
  if (answer === undefined) {
    throw new Error(`Door "${id}" describes no answer ${status}`);
  }
  return {
    status,
    headers: { ...headers },
    ...(answer.json === undefined ? {} : { jsonBody: pick(answer.json, json) }),
    ...(answer.bytes === true ? { body } : {}),
  };
}

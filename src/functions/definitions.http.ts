import { app, type HttpResponseInit } from "@azure/functions";
import { definitionWarnings } from "../domain/definitions/definition-problems.ts";
import { DefinitionKind } from "../domain/definitions/definitions.ts";
import { deleteDefinition } from "../domain/definitions/delete-definition.ts";
import { findDefinition } from "../domain/definitions/find-definition.ts";
import { saveDefinition } from "../domain/definitions/save-definition.ts";
import { AppError } from "../domain/errors.ts";
import type { LogEvent } from "../domain/log-events.ts";
import type { AnyDefinition, Ports } from "../domain/ports.ts";
import { pageBody, pageRequest } from "./http/page.ts";
import { type Call, type Routes, readJson } from "./http/route.ts";

/** Definitions of connectors, exports and subscriptions, for operators. */
export function registerDefinitions(ports: Ports, routes: Routes): void {
  const one = "api/definitions/{kind}/{id}";
  app.http("definitions-list", {
    route: "api/definitions/{kind}",
    methods: ["GET"],
    authLevel: "anonymous",
    handler: routes.operator((call) => list(ports, call)),
  });
  app.http("definitions-get", {
    route: one,
    methods: ["GET"],
    authLevel: "anonymous",
    handler: routes.operator((call) => get(ports, call)),
  });
  app.http("definitions-put", {
    route: one,
    methods: ["PUT"],
    authLevel: "anonymous",
    handler: routes.operator((call) => put(ports, call)),
  });
  app.http("definitions-delete", {
    route: one,
    methods: ["DELETE"],
    authLevel: "anonymous",
    handler: routes.operator((call) => remove(ports, call)),
  });
}

async function list(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const page = await ports.definitions.list(kindOf(call), pageRequest(call));
  return { status: 200, jsonBody: pageBody(page, represent) };
}

async function get(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const definition = await findDefinition(ports, kindOf(call), idOf(call));
  if (call.request.headers.get("if-none-match") === definition.etag) {
    return { status: 304, headers: { ETag: definition.etag } };
  }
  return { status: 200, headers: { ETag: definition.etag }, jsonBody: represent(definition) };
}

async function put(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { definition, isNew } = await saveDefinition(ports, {
    kind: kindOf(call),
    id: idOf(call),
    body: withoutOwnMembers(await readJson(call.request)),
    condition: writeCondition(call),
  });
  logChange(ports, "definition-saved", { call, id: definition.id });
  const warnings = await definitionWarnings(ports, { kind: kindOf(call), body: definition.body });
  return {
    status: isNew ? 201 : 200,
    headers: { ETag: definition.etag },
    jsonBody: { ...represent(definition), ...(warnings.length === 0 ? {} : { warnings }) },
  };
}

async function remove(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const condition = call.request.headers.get("if-match") ?? "*";
  await deleteDefinition(ports, { kind: kindOf(call), id: idOf(call), condition });
  logChange(ports, "definition-deleted", { call, id: idOf(call) });
  return { status: 204 };
}

function logChange(ports: Ports, event: LogEvent, { call, id }: { call: Call; id: string }): void {
  ports.log(event, { kind: kindOf(call), id, applicationId: call.caller.applicationId });
}

/** What was read can be written back: the members that only answers have are no part of a definition. */
function withoutOwnMembers(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return body;
  }
  const { id: _, updatedAt: __, warnings: ___, ...definition } = body as Record<string, unknown>;
  return definition;
}

/** `If-None-Match: *` creates only, `If-Match: <etag>` replaces only that version; neither: whatever is there. */
function writeCondition(call: Call): string | null {
  const { headers } = call.request;
  return headers.get("if-none-match") === "*" ? null : (headers.get("if-match") ?? "*");
}

function kindOf(call: Call): DefinitionKind {
  const kind = DefinitionKind.safeParse(call.params.kind);
  if (!kind.success) {
    throw new AppError(
      "definition-not-found",
      `Cannot find definitions of kind "${call.params.kind}": there are ${DefinitionKind.options.join(", ")}`,
    );
  }
  return kind.data;
}

function idOf(call: Call): string {
  return call.params.id ?? "";
}

function represent(definition: AnyDefinition<DefinitionKind>): Record<string, unknown> {
  const { id, updatedAt } = definition;
  return "unreadable" in definition
    ? { id, updatedAt, unreadable: definition.unreadable, stored: definition.body }
    : { id, updatedAt, ...definition.body };
}

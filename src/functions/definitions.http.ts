import { app, type HttpResponseInit } from "@azure/functions";
import {
  type ChangeInHistory,
  definitionHistory,
} from "../domain/definitions/definition-history.ts";
import { definitionWarnings } from "../domain/definitions/definition-problems.ts";
import { DefinitionKind } from "../domain/definitions/definitions.ts";
import { deleteDefinition } from "../domain/definitions/delete-definition.ts";
import { findDefinition } from "../domain/definitions/find-definition.ts";
import { definitionId, saveDefinition } from "../domain/definitions/save-definition.ts";
import { AppError } from "../domain/errors.ts";
import type { AnyDefinition, Ports } from "../domain/ports.ts";
import { pageBody, pageRequest } from "./http/page.ts";
import { type Call, type Routes, readJson } from "./http/route.ts";
import type { Sendable } from "./http/sendable.ts";
import { type ChangeAnswer, OF_ANSWERS } from "./openapi/stored-definitions.ts";

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
  app.http("definitions-history", {
    route: `${one}/history`,
    methods: ["GET"],
    authLevel: "anonymous",
    handler: routes.operator((call) => history(ports, call)),
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
  const kind = kindOf(call);
  const { applicationId } = call.caller;
  const { definition, isNew, changed } = await saveDefinition(ports, {
    kind,
    id: idOf(call),
    body: withoutOwnMembers(await readJson(call.request)),
    condition: writeCondition(call),
    applicationId,
  });
  const { id, version } = definition;
  if (isNew) {
    ports.log("definition-saved", { kind, id, version, applicationId, isNew });
  } else if (changed.length > 0) {
    const names = changed.join(", ");
    ports.log("definition-saved", { kind, id, version, applicationId, isNew, changed: names });
  }
  const warnings = await definitionWarnings(ports, { kind, body: definition.body });
  return {
    status: isNew ? 201 : 200,
    headers: { ETag: definition.etag },
    jsonBody: { ...represent(definition), ...(warnings.length === 0 ? {} : { warnings }) },
  };
}

async function remove(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const kind = kindOf(call);
  const { applicationId } = call.caller;
  const condition = call.request.headers.get("if-match") ?? "*";
  const version = await deleteDefinition(ports, { kind, id: idOf(call), condition, applicationId });
  const id = definitionId(kind, idOf(call));
  ports.log("definition-deleted", { kind, id, version, applicationId });
  return { status: 204 };
}

async function history(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const page = await definitionHistory(ports, {
    kind: kindOf(call),
    id: idOf(call),
    page: pageRequest(call),
  });
  return { status: 200, jsonBody: pageBody(page, representChange) };
}

function representChange({ body, ...change }: ChangeInHistory): Sendable<ChangeAnswer> {
  return { ...change, definition: body };
}

const OWN_MEMBERS = Object.keys(OF_ANSWERS);

/** What was read can be written back: the members that only answers have are not part of a definition. */
function withoutOwnMembers(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return body;
  }
  const definition = { ...body } as Record<string, unknown>;
  for (const name of OWN_MEMBERS) {
    delete definition[name];
  }
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
  const { id, version, updatedAt, updatedBy } = definition;
  const facts = { id, version, updatedAt, updatedBy };
  return "unreadable" in definition
    ? { ...facts, unreadable: definition.unreadable, stored: definition.body }
    : { ...facts, ...definition.body };
}

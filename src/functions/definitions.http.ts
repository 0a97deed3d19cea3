import { z } from "zod";
import { definitionHistory } from "../domain/definitions/definition-history.ts";
import { definitionWarnings } from "../domain/definitions/definition-problems.ts";
import { DefinitionKind } from "../domain/definitions/definitions.ts";
import { deleteDefinition } from "../domain/definitions/delete-definition.ts";
import { findDefinition } from "../domain/definitions/find-definition.ts";
import { previewSubscription } from "../domain/definitions/preview-subscription.ts";
import { definitionId, saveDefinition } from "../domain/definitions/save-definition.ts";
import { settleStarts } from "../domain/deliveries/decide-start.ts";
import { ownQueueOf } from "../domain/deliveries/queue-id.ts";
import { resumeQueue } from "../domain/deliveries/resume-queue.ts";
import { tryToProvision } from "../domain/deliveries/topics/provision-topic.ts";
import { AppError } from "../domain/errors.ts";
import type { AnyDefinition } from "../domain/ports.ts";
import { ChangeAnswer, OF_ANSWERS, UnreadableAnswer } from "./definition-answers.ts";
import { uncheckedJson } from "./http/body.ts";
import { type Call, type Door, type DoorPorts, door, type Family } from "./http/door.ts";
import { PageQuery, pageOf, pageRequest } from "./http/page.ts";
import { PreviewQuery, SubscriptionPreviewAnswer } from "./subscription-preview.ts";

/** How definitions of one kind are sent, and how they are answered. */
interface Schemas {
  readonly sent: z.ZodType;
  readonly stored: z.ZodType;
}

/** Definitions, for operators. Each function has a door for each kind. */
export function definitionDoors(
  sent: Readonly<Record<DefinitionKind, z.ZodType>>,
  stored: Readonly<Record<DefinitionKind, z.ZodType>>,
): Family[] {
  const all = "/api/definitions/{kind}";
  const family = (
    of: Pick<Family, "id" | "method" | "path">,
    doorOf: (kind: DefinitionKind, schemas: Schemas) => Door,
  ): Family => {
    const byKind = new Map<string, Door>(
      DefinitionKind.options.map((kind) => [
        kind,
        doorOf(kind, { sent: sent[kind], stored: stored[kind] }),
      ]),
    );
    const doorFor: Family["doorFor"] = ({ kind = "" }) => {
      const door = byKind.get(kind);
      if (door === undefined) {
        throw new AppError(
          "definition-not-found",
          `Cannot find definitions of kind "${kind}": there are ${DefinitionKind.options.join(", ")}`,
        );
      }
      return door;
    };
    return { ...of, caller: "operator", doors: [...byKind.values()], doorFor };
  };
  return [
    family({ id: "definitions-list", method: "get", path: all }, listDoor),
    family({ id: "definitions-get", method: "get", path: `${all}/{id}` }, getDoor),
    family({ id: "definitions-put", method: "put", path: `${all}/{id}` }, putDoor),
    family({ id: "definitions-delete", method: "delete", path: `${all}/{id}` }, deleteDoor),
    family({ id: "definitions-history", method: "get", path: `${all}/{id}/history` }, historyDoor),
  ];
}

const ETAG = { ETag: "Version of the definition." } as const;
const CHANGED = "The definition is not the version that the condition names.";

const ABOUT = {
  tag: { name: "Definitions", description: "Connectors, exports, imports, subscriptions." },
  caller: "operator",
} as const;

const ONE = {
  ...ABOUT,
  params: {
    id: z.string().describe("A GUID for a connector; lower-case letters, digits and hyphens else."),
  },
} as const;

const missing = (kind: DefinitionKind) => ({
  400: `No definition of ${kind} can have such an id.`,
  404: `There is no such definition of ${kind}.`,
});

function listDoor(kind: DefinitionKind, { stored }: Schemas): Door {
  return door({
    ...ABOUT,
    id: `definitions-list-${kind}`,
    method: "get",
    path: `/api/definitions/${kind}`,
    summary: `List ${kind}`,
    description:
      "Whole, with every default in its place, a page at a time. One that this version cannot use is listed with the reason.",
    query: PageQuery,
    answers: {
      200: { description: "In id order.", json: pageOf(z.union([stored, UnreadableAnswer])) },
    },
    refusals: { 400: "The query cannot be read." },
    handle: async (ports, { query }) => {
      const { items, next } = await ports.definitions.list(kind, pageRequest(query));
      return { status: 200, json: { items: items.map(represent), next } };
    },
  });
}

function getDoor(kind: DefinitionKind, { stored }: Schemas): Door {
  return door({
    ...ONE,
    id: `definitions-get-${kind}`,
    method: "get",
    path: `/api/definitions/${kind}/{id}`,
    summary: `Read one of the ${kind}`,
    description: "The answer can be changed and sent back as it is.",
    headers: { "If-None-Match": "An entity tag; 304 if the definition still has it." },
    answers: {
      200: {
        description: "The definition, with its defaults.",
        json: z.union([stored, UnreadableAnswer]),
        headers: ETAG,
      },
      304: { description: "It is still the version that `If-None-Match` names.", headers: ETAG },
    },
    refusals: missing(kind),
    handle: async (ports, { params, headers }) => {
      const definition = await findDefinition(ports, kind, params.id);
      const { etag } = definition;
      return headers.get("if-none-match") === etag
        ? { status: 304, headers: { ETag: etag } }
        : { status: 200, headers: { ETag: etag }, json: represent(definition) };
    },
  });
}

function putDoor(kind: DefinitionKind, { sent, stored }: Schemas): Door {
  return door({
    ...ONE,
    id: `definitions-put-${kind}`,
    method: "put",
    path: `/api/definitions/${kind}/{id}`,
    summary: `Create or replace one of the ${kind}`,
    description:
      "The whole definition; what is left out gets its default. Members `id`, `version`, `updatedAt`, `updatedBy` and `warnings`, which answers have, are read over. A definition that is so already stays as it is, with its version. Without a condition the last one to write wins.",
    headers: {
      "If-Match": "An entity tag: replaces only that version.",
      "If-None-Match": "`*`: only creates.",
    },
    body: uncheckedJson(sent),
    ...(kind === "subscriptions" ? { query: PreviewQuery } : {}),
    answers: {
      200: answerOf(kind, stored),
      201: { description: "Created.", json: stored, headers: ETAG },
    },
    refusals: {
      400: "The definition is wrong; `errors` names each wrong field.",
      409: "Something else depends on what it was.",
      412: CHANGED,
      413: "The definition has more than 1 MiB.",
    },
    handle: async (ports, { caller: { applicationId }, params, headers, query, body }) => {
      const { preview: days } = query as z.output<typeof PreviewQuery>;
      if (days !== undefined) {
        const asked = { id: params.id, body: withoutOwnMembers(body), days };
        const json = { preview: true, ...(await previewSubscription(ports, asked)) };
        return { status: 200, json };
      }
      const { definition, isNew, changed } = await saveDefinition(ports, {
        kind,
        id: params.id,
        body: withoutOwnMembers(body),
        condition: writeCondition(headers),
        applicationId,
      });
      const { id, version, etag } = definition;
      if (kind === "subscriptions") {
        await settleStarts(ports);
        await tryToProvision(ports, id);
        await resumeChanged(ports, definition, changed);
      }
      const facts = { kind, id, version, applicationId, isNew };
      if (isNew) {
        ports.log("definition-saved", facts);
      } else if (changed.length > 0) {
        ports.log("definition-saved", { ...facts, changed: changed.join(", ") });
      }
      const warnings = await definitionWarnings(ports, { kind, body: definition.body });
      const warned = warnings.length === 0 ? {} : { warnings };
      const json = { ...represent(definition), ...warned };
      return { status: isNew ? 201 : 200, headers: { ETag: etag }, json };
    },
  });
}

function deleteDoor(kind: DefinitionKind): Door {
  return door({
    ...ONE,
    id: `definitions-delete-${kind}`,
    method: "delete",
    path: `/api/definitions/${kind}/{id}`,
    summary: `Delete one of the ${kind}`,
    description: "Its files, deliveries and submissions stay.",
    headers: { "If-Match": "An entity tag: deletes only that version." },
    answers: { 204: { description: "Deleted." } },
    refusals: { ...missing(kind), 409: "Something else names it.", 412: CHANGED },
    handle: async (ports, { caller: { applicationId }, params, headers }) => {
      const condition = headers.get("if-match") ?? "*";
      const id = definitionId(kind, params.id);
      const version = await deleteDefinition(ports, { kind, id, condition, applicationId });
      ports.log("definition-deleted", { kind, id, version, applicationId });
      if (kind === "subscriptions") {
        await tryToProvision(ports, id);
      }
      return { status: 204 };
    },
  });
}

function historyDoor(kind: DefinitionKind): Door {
  return door({
    ...ONE,
    id: `definitions-history-${kind}`,
    method: "get",
    path: `/api/definitions/${kind}/{id}/history`,
    summary: `List who changed one of the ${kind}`,
    description:
      "Each change with its caller, its time and the whole definition. The history outlives the definition: one that is created again under the id continues it. A request that changes nothing leaves no entry.",
    query: PageQuery,
    answers: { 200: { description: "Newest first.", json: pageOf(ChangeAnswer) } },
    refusals: {
      400: `No definition of ${kind} can have such an id, or the query cannot be read.`,
      404: `There never was such a definition of ${kind}.`,
    },
    handle: async (ports, { params, query }) => {
      const history = { kind, id: params.id, page: pageRequest(query) };
      const { items, next } = await definitionHistory(ports, history);
      const changes = items.map(({ body, ...change }) => ({ ...change, definition: body }));
      return { status: 200, json: { items: changes, next } };
    },
  });
}

function answerOf(kind: DefinitionKind, stored: z.ZodType) {
  return kind === "subscriptions"
    ? {
        description: "Replaced; with `preview` nothing was.",
        json: z.union([stored, SubscriptionPreviewAnswer]),
        optionalHeaders: ETAG,
      }
    : { description: "Replaced.", json: stored, headers: ETAG };
}

const OWN_MEMBERS = Object.keys(OF_ANSWERS);

/** An answer can be sent back: members that only answers have are removed. */
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
function writeCondition(headers: Call["headers"]): string | null {
  return headers.get("if-none-match") === "*" ? null : (headers.get("if-match") ?? "*");
}

function represent(definition: AnyDefinition<DefinitionKind>): Record<string, unknown> {
  const { id, version, updatedAt, updatedBy } = definition;
  const facts = { id, version, updatedAt, updatedBy };
  return "unreadable" in definition
    ? { ...facts, unreadable: definition.unreadable, stored: definition.body }
    : { ...facts, ...definition.body };
}

/** A receiver that was stopped is tried again when its subscription says something else about it. */
async function resumeChanged(
  ports: DoorPorts,
  definition: Parameters<typeof ownQueueOf>[0],
  changed: readonly string[],
): Promise<void> {
  if (changed.includes("via") || changed.includes("enabled")) {
    await resumeQueue(ports, ownQueueOf(definition));
  }
}

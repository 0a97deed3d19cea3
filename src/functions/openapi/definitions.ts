import { z } from "zod";
import { DefinitionKind, type DefinitionSchemas } from "../../domain/definitions/definitions.ts";
import { PageQuery, pageOf } from "../operator-api.ts";
import { jsonContent, OPERATOR_PROBLEMS, type Operation, problems } from "./operation.ts";
import {
  ChangeAnswer,
  type StoredDefinitionSchemas,
  UnreadableAnswer,
} from "./stored-definitions.ts";

const ETAG = { ETag: "Version of the definition." } as const;

const CALL = { tag: "Definitions", caller: "operator" } as const;
const CHANGED = "The definition is not the version that the condition names.";

const one = (kind: DefinitionKind) =>
  ({
    ...CALL,
    path: `/api/definitions/${kind}/{id}`,
    route: "/api/definitions/{kind}/{id}",
    pathParameters: {
      id: z
        .string()
        .describe("A GUID for a connector; lower-case letters, digits and hyphens else."),
    },
  }) as const;

const missing = (kind: DefinitionKind) => ({
  ...OPERATOR_PROBLEMS,
  400: `No definition of ${kind} can have such an id.`,
  404: `There is no such definition of ${kind}.`,
});

function list(kind: DefinitionKind, read: z.ZodType): Operation {
  return {
    ...CALL,
    id: `definitions-list-${kind}`,
    method: "get",
    path: `/api/definitions/${kind}`,
    route: "/api/definitions/{kind}",
    summary: `List ${kind}`,
    description:
      "Whole, with every default in its place, a page at a time. One that this version cannot use is listed with the reason.",
    query: PageQuery,
    answers: {
      200: { description: "In id order.", content: jsonContent(pageOf(read)) },
      ...problems({ ...OPERATOR_PROBLEMS, 400: "The query cannot be read." }),
    },
  };
}

function get(kind: DefinitionKind, read: z.ZodType): Operation {
  const content = jsonContent(read);
  return {
    ...one(kind),
    id: `definitions-get-${kind}`,
    method: "get",
    summary: `Read one of the ${kind}`,
    description: "What is read can be changed and put back as it is.",
    headers: { "If-None-Match": "An entity tag; 304 if the definition still has it." },
    answers: {
      200: { description: "The definition, with its defaults.", content, headers: ETAG },
      304: { description: "It is still the version that `If-None-Match` names.", headers: ETAG },
      ...problems(missing(kind)),
    },
  };
}

function put(
  kind: DefinitionKind,
  { sent, stored }: { sent: z.ZodType; stored: z.ZodType },
): Operation {
  const content = jsonContent(stored);
  return {
    ...one(kind),
    id: `definitions-put-${kind}`,
    method: "put",
    summary: `Create or replace one of the ${kind}`,
    description:
      "The whole definition; what is left out gets its default. Members `id`, `version`, `updatedAt`, `updatedBy` and `warnings`, which answers have, are read over. A definition that is so already stays as it is, with its version. Without a condition the last one to write wins.",
    headers: {
      "If-Match": "An entity tag: replaces only that version.",
      "If-None-Match": "`*`: only creates.",
    },
    request: { isRequired: true, content: jsonContent(sent) },
    answers: {
      200: { description: "Replaced.", content, headers: ETAG },
      201: { description: "Created.", content, headers: ETAG },
      ...problems({
        ...OPERATOR_PROBLEMS,
        400: "The definition is wrong; `errors` names each wrong field.",
        409: "Something else depends on what it was.",
        412: CHANGED,
        413: "The definition has more than 1 MiB.",
      }),
    },
  };
}

function remove(kind: DefinitionKind): Operation {
  return {
    ...one(kind),
    id: `definitions-delete-${kind}`,
    method: "delete",
    summary: `Delete one of the ${kind}`,
    description: "What it has led to, such as files and messages, stays.",
    headers: { "If-Match": "An entity tag: deletes only that version." },
    answers: {
      204: { description: "Deleted." },
      ...problems({ ...missing(kind), 409: "Something else names it.", 412: CHANGED }),
    },
  };
}

function history(kind: DefinitionKind): Operation {
  const { path, route, ...rest } = one(kind);
  return {
    ...rest,
    path: `${path}/history`,
    route: `${route}/history`,
    id: `definitions-history-${kind}`,
    method: "get",
    summary: `List who changed one of the ${kind}`,
    description:
      "Each change with who asked for it, when, and the whole definition. Also of a definition that was deleted; one that is created again goes on with it. It is kept for good. A request that changes nothing makes no change.",
    query: PageQuery,
    answers: {
      200: { description: "Newest first.", content: jsonContent(pageOf(ChangeAnswer)) },
      ...problems({
        ...missing(kind),
        400: `No definition of ${kind} can have such an id, or the query cannot be read.`,
        404: `There never was such a definition of ${kind}.`,
      }),
    },
  };
}

/** What is exported and imported, and who gets it. */
export function definitionOperations(
  { kinds }: DefinitionSchemas,
  storedKinds: StoredDefinitionSchemas,
): readonly Operation[] {
  return DefinitionKind.options.flatMap((kind) => {
    const [sent, stored] = [kinds[kind], storedKinds[kind]];
    const read = z.union([stored, UnreadableAnswer]);
    return [
      list(kind, read),
      get(kind, read),
      put(kind, { sent, stored }),
      remove(kind),
      history(kind),
    ];
  });
}

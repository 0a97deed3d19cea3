import type { z } from "zod";
import type { Answer, Answers, Door, Family, Site } from "../http/door.ts";
import { refusalsOf } from "../http/refusals.ts";
import { type DescribedSchemas, describeSchemas, type JsonSchema, type Names } from "./schemas.ts";

/** All doors of an app, and the names that the document has for schemas which do not name themselves. */
export interface Api {
  readonly entrances: readonly (Door | Family)[];
  readonly names: { readonly requests: Names; readonly answers: Names };
}

export function doorsOf({ entrances }: Pick<Api, "entrances">): readonly Door[] {
  return entrances.flatMap((entrance) => ("doors" in entrance ? entrance.doors : [entrance]));
}

export interface OpenApiDocument {
  readonly openapi: "3.1.1";
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: JsonSchema;
  };
  readonly [member: string]: unknown;
}

export interface DescribedOperation {
  readonly operationId: string;
  readonly requestBody?: DescribedContent & { readonly required: boolean };
  readonly responses: Readonly<Record<string, DescribedAnswer>>;
  readonly [member: string]: unknown;
}

interface DescribedContent {
  readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>>;
}

interface DescribedAnswer extends DescribedContent {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly required: boolean }>>;
}

interface Schemas {
  readonly requests: DescribedSchemas;
  readonly answers: DescribedSchemas;
}

/**
 * Describes the API.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openApiDocument(site: Site, api: Api): OpenApiDocument {
  const doors = doorsOf(api);
  const schemas: Schemas = {
    requests: describeSchemas(doors.flatMap(requestSchemas), "input", api.names.requests),
    answers: describeSchemas(doors.flatMap(answerSchemas), "output", api.names.answers),
  };
  return {
    openapi: "3.1.1",
    info: {
      title: "Waybill",
      version: "1",
      summary: "A data exchange for files",
      description: `Exports data changes on a schedule, keeps one ledger of every file, and lets each partner take its files the way that suits it. Members may be added to answers: read over those that you do not know.

JSON and text are answered in UTF-8 and say so in \`charset\`; a file whose text is in something else names that. The charset that a request's Content-Type names is honoured; without one its JSON is UTF-8, or what its byte order mark says.

The body of a request has at most ${site.maxBodyBytes} bytes; larger files go to an upload address. The platform answers far larger bodies with an empty 500, before they reach the service.

Headers have at most 32 KB together and 100 lines, in ASCII. A request with characters beyond ASCII in a header, or with a header \`x-ms-invocation-id\`, is refused.`,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: site.publicBaseUrl }],
    tags: [...new Set(doors.map(({ tag }) => tag))],
    paths: pathsOf(doors, site, schemas),
    components: {
      schemas: { ...schemas.requests.named, ...schemas.answers.named },
      securitySchemes: {
        entra: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: `A token of Microsoft Entra ID for the audience ${site.audiences.map((audience) => `\`${audience}\``).join(" or ")}, by the client credentials grant. Operators have the app role \`${site.operatorRole}\`.`,
        },
      },
    },
  };
}

function requestSchemas({ params = {}, query, body }: Door): z.ZodType[] {
  return [...Object.values(params), query, body?.schema].filter(
    (schema) => schema !== undefined && schema !== null,
  );
}

function answerSchemas(door: Door): z.ZodType[] {
  return Object.values({ ...door.answers, ...refusalsOf(door) }).flatMap(({ json }) => json ?? []);
}

function pathsOf(doors: readonly Door[], site: Site, schemas: Schemas): OpenApiDocument["paths"] {
  const paths: Record<string, Record<string, DescribedOperation>> = {};
  for (const door of doors) {
    const described = describeDoor(door, site, schemas);
    paths[door.path] = { ...paths[door.path], [door.method]: described };
  }
  return paths;
}

const PREFIXED =
  "Answered behind up to two more path segments too, such as a locale (`/en-us/api/...`) or a gateway's path.";

function describeDoor(door: Door, site: Site, schemas: Schemas): DescribedOperation {
  const { id, tag, summary, description, caller, body, isPrefixed = false } = door;
  const role = caller === "operator" ? [site.operatorRole] : [];
  return {
    operationId: id,
    tags: [tag.name],
    summary,
    description: isPrefixed ? `${description} ${PREFIXED}` : description,
    security: caller === "anyone" ? [] : [{ entra: role }],
    parameters: parametersOf(door, schemas.requests),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.isRequired,
            content: describeContent(body.schema, schemas.requests),
          },
        }),
    responses: describeAnswers({ ...door.answers, ...refusalsOf(door) }, schemas.answers),
  };
}

function describeAnswers(answers: Answers, schemas: DescribedSchemas) {
  const described = Object.entries(answers).map(([status, answer]: [string, Answer]) => {
    const { description, json, mediaType, bytes, headers = {}, optionalHeaders = {} } = answer;
    const isEmpty = json === undefined && bytes === undefined;
    const content = describeContent(json ?? null, schemas, mediaType);
    const all = { ...describeHeaders(headers, true), ...describeHeaders(optionalHeaders, false) };
    return [
      status,
      {
        description,
        ...(Object.keys(all).length === 0 ? {} : { headers: all }),
        ...(isEmpty ? {} : { content }),
      },
    ];
  });
  return Object.fromEntries(described);
}

/** Null: bytes of any kind. */
function describeContent(
  schema: z.ZodType | null,
  { of }: DescribedSchemas,
  mediaType = "application/json",
): NonNullable<DescribedContent["content"]> {
  return schema === null ? { "*/*": {} } : { [mediaType]: { schema: of.get(schema) ?? {} } };
}

function describeHeaders(headers: Readonly<Record<string, string>>, required: boolean) {
  const described = Object.entries(headers).map(([name, description]) => [
    name,
    { description, required, schema: { type: "string" } },
  ]);
  return Object.fromEntries(described);
}

function parametersOf(door: Door, { of }: DescribedSchemas): JsonSchema[] {
  const { params = {}, query, headers = {} } = door;
  const { properties = {}, required = [] } = ((query && of.get(query)) ?? {}) as {
    properties?: Record<string, JsonSchema>;
    required?: readonly string[];
  };
  return [
    ...Object.entries(params).map(([name, schema]) =>
      parameter({ in: "path", name, required: true }, of.get(schema) ?? {}),
    ),
    ...Object.entries(properties).map(([name, schema]) =>
      parameter({ in: "query", name, required: required.includes(name) }, withoutNull(schema)),
    ),
    ...Object.entries(headers).map(([name, description]) =>
      parameter({ in: "header", name, required: false }, { type: "string", description }),
    ),
  ];
}

function parameter(
  place: { in: "path" | "query" | "header"; name: string; required: boolean },
  { description, ...schema }: JsonSchema,
): JsonSchema {
  return { ...place, ...(description === undefined ? {} : { description }), schema };
}

/** A query parameter may be left out; null cannot be sent. */
function withoutNull(schema: JsonSchema): JsonSchema {
  const { anyOf, type, ...rest } = schema as {
    anyOf?: readonly JsonSchema[];
    type?: string | readonly string[];
  };
  const [choice, ...others] = anyOf?.filter((branch) => branch.type !== "null") ?? [];
  if (choice !== undefined && others.length === 0) {
    return { ...choice, ...rest };
  }
  return Array.isArray(type) ? { type: type.find((name) => name !== "null"), ...rest } : schema;
}

import type { z } from "zod";
import type { DefinitionSchemas } from "../../domain/definitions/definitions.ts";
import { definitionOperations } from "./definitions.ts";
import { answerNames, type Names, requestNames } from "./names.ts";
import { OPERATE } from "./operate.ts";
import { type Answer, type Content, type Operation, withMediaTypeRefusal } from "./operation.ts";
import { PACKAGE_API } from "./package-api.ts";
import { PULL } from "./pull.ts";
import { HAND_IN } from "./receive.ts";
import { type Described, describeAnswers, describeRequests, type JsonSchema } from "./schemas.ts";
import { storedDefinitions } from "./stored-definitions.ts";
import { SUBMISSIONS } from "./submissions.ts";

/** The API of an app that reads definitions in this way. */
export interface Api {
  /** Every operation. What is registered and not described here fails a test. */
  readonly operations: readonly Operation[];
  /** Names of schemas, see `names.ts`. */
  readonly names: { readonly requests: Names; readonly answers: Names };
}

export function makeApi(schemas: DefinitionSchemas): Api {
  const stored = storedDefinitions(schemas);
  return {
    operations: [
      ...PULL,
      ...HAND_IN,
      ...PACKAGE_API,
      ...definitionOperations(schemas, stored),
      ...OPERATE,
      ...SUBMISSIONS,
    ].map(withMediaTypeRefusal),
    names: { requests: requestNames(schemas), answers: answerNames(schemas, stored) },
  };
}

/** What the document says about one installation. */
export interface Site {
  readonly publicBaseUrl: string;
  /** Audiences of tokens that are accepted. */
  readonly audiences: readonly string[];
  /** App role of operators. */
  readonly operatorRole: string;
  /** Largest body of a request. */
  readonly maxBodyBytes: number;
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
  readonly requests: Described;
  readonly answers: Described;
}

const TAGS = {
  Pull: "Partners take files: dequeue, download, acknowledge.",
  "Hand in": "Partners hand files in.",
  "Package API": "Exports and imports of data packages, as clients of Dynamics 365 ask for them.",
  Definitions: "Connectors, exports, imports, subscriptions.",
  Exports: "Runs and slots of exports.",
  Ledger: "Every published file, numbered per file type.",
  Connectors: "What waits at connectors.",
  Imports: "Messages that were handed in.",
  About: "The service itself.",
} as const;

/**
 * Describes the API.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openApiDocument(site: Site, { operations, names }: Api): OpenApiDocument {
  const schemas: Schemas = {
    requests: describeRequests(operations.flatMap(requestSchemas), names.requests),
    answers: describeAnswers(
      operations.flatMap(({ answers }) => Object.values(answers).flatMap(schemasOf)),
      names.answers,
    ),
  };
  return {
    openapi: "3.1.1",
    info: {
      title: "Waybill",
      version: "1",
      summary: "A data exchange for files",
      description: `Exports data changes on a schedule, keeps one ledger of every file, and lets each partner take its files the way that suits it. Members may be added to answers: read over those that you do not know.

JSON and text are answered in UTF-8 and say so in \`charset\`; a file whose text is in something else names that. The charset that a request's Content-Type names is honoured; without one its JSON is UTF-8, or what its byte order mark says.

The body of a request has at most ${site.maxBodyBytes} bytes; larger files go to an upload address. What is far larger is answered 500 without a body by the platform, before it reaches the service.

Headers have at most 32 KB together and 100 lines, in ASCII. A request with characters beyond ASCII in a header, or with a header \`x-ms-invocation-id\`, is refused.`,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: site.publicBaseUrl }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: pathsOf(operations, site, schemas),
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

function requestSchemas({ pathParameters = {}, query, request }: Operation): z.ZodType[] {
  return [
    ...Object.values(pathParameters),
    ...(query === undefined ? [] : [query]),
    ...(request === undefined ? [] : schemasOf(request)),
  ];
}

function schemasOf({ content = {} }: { readonly content?: Content }): z.ZodType[] {
  return Object.values(content).filter((schema) => schema !== null);
}

function pathsOf(
  operations: readonly Operation[],
  site: Site,
  schemas: Schemas,
): OpenApiDocument["paths"] {
  const paths: Record<string, Record<string, DescribedOperation>> = {};
  for (const operation of operations) {
    const described = describeOperation(operation, site, schemas);
    paths[operation.path] = { ...paths[operation.path], [operation.method]: described };
  }
  return paths;
}

function describeOperation(operation: Operation, site: Site, schemas: Schemas): DescribedOperation {
  const { id, tag, summary, description, request, answers } = operation;
  const responses = Object.entries(answers).map(([status, answer]) => [
    status,
    describeAnswer(answer, schemas.answers),
  ]);
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    security: securityOf(operation, site),
    parameters: parametersOf(operation, schemas.requests),
    ...(request === undefined
      ? {}
      : {
          requestBody: {
            required: request.isRequired,
            content: describeContent(request.content, schemas.requests),
          },
        }),
    responses: Object.fromEntries(responses),
  };
}

function securityOf({ caller }: Operation, { operatorRole }: Site): readonly JsonSchema[] {
  return caller === "anyone" ? [] : [{ entra: caller === "operator" ? [operatorRole] : [] }];
}

function describeAnswer(answer: Answer, schemas: Described): DescribedAnswer {
  const { description, content, headers = {}, optionalHeaders = {} } = answer;
  const described = {
    ...describeHeaders(headers, true),
    ...describeHeaders(optionalHeaders, false),
  };
  return {
    description,
    ...(Object.keys(described).length === 0 ? {} : { headers: described }),
    ...(content === undefined ? {} : { content: describeContent(content, schemas) }),
  };
}

function describeHeaders(headers: Readonly<Record<string, string>>, required: boolean) {
  const described = Object.entries(headers).map(([name, description]) => [
    name,
    { description, required, schema: { type: "string" } },
  ]);
  return Object.fromEntries(described);
}

function describeContent(content: Content, schemas: Described) {
  return Object.fromEntries(
    Object.entries(content).map(([mediaType, schema]) => [
      mediaType,
      schema === null ? {} : { schema: schemas.of.get(schema) ?? {} },
    ]),
  );
}

function parametersOf(operation: Operation, { of }: Described): JsonSchema[] {
  const { pathParameters = {}, query, headers = {} } = operation;
  const { properties = {}, required = [] } = ((query && of.get(query)) ?? {}) as {
    properties?: Record<string, JsonSchema>;
    required?: readonly string[];
  };
  return [
    ...Object.entries(pathParameters).map(([name, schema]) =>
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

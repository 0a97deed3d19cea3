import type { z } from "zod";
import { OdataError } from "../../d365/odata-schema.ts";
import { ProblemDetails } from "../http/problem-details.ts";

/** One method of one address, as the document describes it. */
export interface Operation {
  /** Name of the function that answers; behind it, where one function has several descriptions, which of them. */
  readonly id: string;
  readonly method: "get" | "head" | "post" | "put" | "delete";
  readonly path: string;
  /** The route as it is registered, where `path` says more than it, e.g. one value of a parameter. */
  readonly route?: string;
  readonly tag: string;
  readonly summary: string;
  /** In words: what cannot be read off the schemas, such as tolerances. Markdown. */
  readonly description: string;
  readonly caller: "application" | "operator" | "anyone";
  /** What path parameters are; each has to be here. */
  readonly pathParameters?: Readonly<Record<string, z.ZodType>>;
  /** Members become query parameters. */
  readonly query?: z.ZodObject;
  /** Header parameters and what they do. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly request?: { readonly isRequired: boolean; readonly content: Content };
  readonly answers: Readonly<Record<number, Answer>>;
}

/** Schemas by media type; null: bytes of any kind. */
export type Content = Readonly<Record<string, z.ZodType | null>>;

export interface Answer {
  readonly description: string;
  /** Absent: the body is empty. */
  readonly content?: Content;
  /** Headers that clients can rely on, and what they say. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers that only some of these answers have. */
  readonly optionalHeaders?: Readonly<Record<string, string>>;
}

type Answers = Record<number, Answer>;

export const jsonContent = (schema: z.ZodType): Content => ({ "application/json": schema });

/** What refusals mean here, by status. */
type Meanings = Readonly<Record<number, string | Pick<Answer, "description" | "headers">>>;

/** Refusals as problem details. */
export function problems(meanings: Meanings): Answers {
  // where a body can be too large it can also be too slow
  const slow = 413 in meanings ? { 408: "The body came too slowly." } : {};
  return refusals(
    { ...slow, ...meanings },
    { content: { "application/problem+json": ProblemDetails } },
  );
}

/** What every answer of the package API has. */
export const ODATA_HEADERS = { "OData-Version": "`4.0`." } as const;

/** On the answer to a hand-in that was taken for a repetition. */
export const REPETITION_HEADER = {
  "Waybill-Repetition-Of":
    "Id of the message that the request before has led to: this one was taken for its repetition, and imports nothing.",
} as const;

/** Refusals in the shape that clients of the package API read. */
export function odataProblems(meanings: Meanings): Answers {
  return refusals(meanings, {
    content: { "application/json": OdataError },
    headers: ODATA_HEADERS,
  });
}

const MEDIA_TYPE =
  "The body is multipart, or its Content-Type names a charset that is not known here.";

/** Whatever has a body refuses one that it cannot read. */
export function withMediaTypeRefusal(operation: Operation): Operation {
  const { method, answers } = operation;
  if (method !== "post" && method !== "put") {
    return operation;
  }
  const isOdata = Object.values(answers).some(({ content }) =>
    Object.values(content ?? {}).includes(OdataError),
  );
  const refusal = isOdata ? odataProblems({ 415: MEDIA_TYPE }) : problems({ 415: MEDIA_TYPE });
  return { ...operation, answers: { ...answers, ...refusal } };
}

function refusals(meanings: Meanings, all: Pick<Answer, "content" | "headers">): Answers {
  return Object.fromEntries(
    Object.entries(meanings).map(([status, meaning]) => {
      const answer = typeof meaning === "string" ? { description: meaning } : meaning;
      const headers = {
        ...HEADERS_OF_STATUS.get(Number(status)),
        ...all.headers,
        ...answer.headers,
      };
      return [Number(status), { ...answer, ...all, headers }];
    }),
  );
}

const CHALLENGE = {
  "WWW-Authenticate": "How to authenticate, and what is wrong with the token (RFC 6750).",
} as const;

const HEADERS_OF_STATUS = new Map<number, Readonly<Record<string, string>>>([
  [401, CHALLENGE],
  [429, { "Retry-After": "Seconds to wait." }],
  [503, { "Retry-After": "Seconds to wait." }],
]);

/** Refusals that every operation with a token has. */
const ALWAYS = {
  401: "There is no token, or none that is valid here.",
  429: "The application sends more requests than one may; ask again after a while.",
  500: "Something unforeseen happened; the operator finds it in the log under `instance`.",
  503: "A service behind this one does not do what it should just now, such as storage or the issuer of tokens; or too many files arrive at once, or a setting of the app is wrong. Try again.",
} as const;

export const OPERATOR_PROBLEMS = {
  ...ALWAYS,
  400: "The request cannot be read; a query parameter that nobody knows is refused too.",
  403: { description: "The token lacks the operator's app role.", headers: CHALLENGE },
} as const;

export const APPLICATION_PROBLEMS = {
  ...ALWAYS,
  403: "No connector names the token's application.",
} as const;

/** Refusals of the connector API that have to do with the connector itself. */
export const CONNECTOR_PROBLEMS = {
  ...APPLICATION_PROBLEMS,
  400: "The request cannot be read, or the connector is one of the other direction.",
  404: "There is no such connector, or it is another application's.",
  500: "Something unforeseen happened; or the connector id is all zeros, which the connection check of existing clients takes for success.",
} as const;

/** For addresses of the connector API. */
export const PREFIXES =
  "Answered behind up to two more path segments too, such as a locale (`/en-us/api/...`) or a gateway's path. The connector id may stand in braces and in any case.";

import type { HttpResponseInit } from "@azure/functions";
import type { z } from "zod";
import type { Answers, Caller, Door } from "./door.ts";
import { ProblemDetails } from "./problem-details.ts";

/** Meanings of refusals at a door, by status. */
export type Meanings = Readonly<Record<number, string>>;

/** How refusals are worded. */
export interface Wording {
  readonly mediaType: string;
  readonly schema: z.ZodType;
  /** Headers of each refusal, and what they say. */
  readonly headers: Readonly<Record<string, string>>;
  statusOf(status: number): number;
  /** Says what a response with problem details says. */
  refuse(response: HttpResponseInit, params: Readonly<Record<string, string>>): HttpResponseInit;
}

export const PROBLEM_DETAILS: Wording = {
  mediaType: "application/problem+json",
  schema: ProblemDetails,
  headers: {},
  statusOf: (status) => status,
  refuse: (response) => response,
};

/** Every refusal of a door, by status. */
export function refusalsOf(door: Door): Answers {
  const { caller, method, body, refusals, wording = PROBLEM_DETAILS } = door;
  const { schema: json, mediaType } = wording;
  const meanings: Meanings = {
    ...OF_CALLER[caller],
    ...(method === "post" || method === "put" ? { 415: MEDIA_TYPE } : {}),
    ...body?.refusals,
    ...refusals,
  };
  // where a body can be too large it can also be too slow
  const all = 413 in meanings ? { 408: "The body came too slowly.", ...meanings } : meanings;
  const described = Object.entries(all)
    .map(([status, description]) => [Number(status), description] as const)
    .filter(([status]) => wording.statusOf(status) === status)
    .map(([status, description]) => {
      const isForbidden = status === 403 && caller === "operator";
      const own = isForbidden ? CHALLENGE : HEADERS_OF_STATUS.get(status);
      const headers = { ...own, ...wording.headers };
      // an answer to HEAD has no body
      return [status, { description, headers, ...(method === "head" ? {} : { json, mediaType }) }];
    });
  return Object.fromEntries(described);
}

const MEDIA_TYPE =
  "The body is multipart, or its Content-Type names a charset that is not known here.";

/** Refusals that every door with a token has. */
const WITH_TOKEN = {
  401: "There is no token, or none that is valid here.",
  429: "The application sends more requests than one may; ask again after a while.",
  500: "The app failed while it answered, so the request may or may not have taken effect. Repeat it; if it fails again, tell the operator its `instance`, under which the log has the error.",
  503: "A service behind this one, such as storage or the issuer of tokens, is unavailable. Or too many files arrive at once, or a setting of the app is wrong. Try again.",
} as const;

const OF_CALLER: Readonly<Record<Caller, Meanings>> = {
  partner: { ...WITH_TOKEN, 403: "No connector names the token's application." },
  operator: {
    ...WITH_TOKEN,
    400: "The request cannot be read; a query parameter that nobody knows is refused too.",
    403: "The token lacks the operator's app role.",
  },
  anyone: {
    500: "The app failed while it answered. Try again; the operator finds the error in the log.",
    503: "A setting of the app is wrong; the operator finds it in the log.",
  },
};

const CHALLENGE = {
  "WWW-Authenticate": "How to authenticate, and what is wrong with the token (RFC 6750).",
} as const;

const HEADERS_OF_STATUS = new Map<number, Readonly<Record<string, string>>>([
  [401, CHALLENGE],
  [429, { "Retry-After": "Seconds to wait." }],
  [503, { "Retry-After": "Seconds to wait." }],
]);

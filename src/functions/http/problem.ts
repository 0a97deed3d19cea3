import type { HttpResponseInit } from "@azure/functions";
import { AppError, type ErrorCode, isAppError } from "../../domain/errors.ts";
import { partnerMessage } from "../../domain/partner-message.ts";
import type { ProblemDetails } from "./problem-details.ts";
import { isUnavailable } from "./unavailable.ts";

const STATUS: Readonly<Record<ErrorCode, number>> = {
  "request-invalid": 400,
  "media-type-unsupported": 415,
  "definition-invalid": 400,
  "definition-not-found": 404,
  "definition-changed": 412,
  "definition-in-use": 409,
  // the caller can do nothing about it, and it passes when the operator has mended the definition
  "definition-unreadable": 503,
  "topic-name-taken": 409,
  "filter-invalid": 400,
  "shape-invalid": 400,
  "schedule-invalid": 400,
  "token-missing": 401,
  "token-invalid": 401,
  "application-unknown": 403,
  forbidden: 403,
  "issuer-unavailable": 503,
  "rate-exceeded": 429,
  "server-busy": 503,
  "service-unavailable": 503,
  "settings-invalid": 503,
  // the connection check of existing clients takes 500 for "it works"
  "connector-id-zero": 500,
  "connector-not-found": 404,
  "connector-direction-wrong": 400,
  "delivery-not-found": 404,
  "delivery-leased-by-another": 409,
  "delivery-not-leased": 409,
  "file-not-found": 404,
  "file-not-fetched": 409,
  "file-deleted": 410,
  "connection-unknown": 400,
  "connection-invalid": 400,
  "source-invalid": 400,
  "source-unavailable": 502,
  "conversion-failed": 422,
  "value-not-representable": 422,
  "run-given-up": 500,
  "run-too-long": 500,
  "execution-not-found": 404,
  "execution-not-supported": 400,
  "too-many-orders": 400,
  "target-invalid": 400,
  "target-unavailable": 502,
  "file-unreadable": 422,
  "file-empty": 400,
  "file-too-large": 413,
  "file-incomplete": 400,
  "body-too-slow": 408,
  "content-wrong": 422,
  "columns-missing": 422,
  "upload-not-found": 404,
  "execution-id-taken": 409,
  "submission-not-found": 404,
  "submission-not-failed": 409,
  "ledger-entry-not-found": 404,
};

/** Old codes of some failures in partners' APIs. Clients may depend on them. */
const CODE_FOR_PARTNERS: Readonly<Partial<Record<ErrorCode, string>>> = {
  "connector-id-zero": "activity-id-zero",
  "delivery-leased-by-another": "message-leased-by-another",
  "delivery-not-found": "message-not-found",
  "delivery-not-leased": "message-not-leased",
  "submission-not-failed": "message-not-failed",
  "submission-not-found": "message-not-found",
};

/** Who reads an answer: operators are told the whole, everybody else what is fit for a partner. */
export type Reader = "operator" | "partner";

/** Problem details of whatever a handler has thrown. */
export function failureResponse(
  error: unknown,
  requestId: string,
  reader: Reader,
): HttpResponseInit {
  if (isAppError(error)) {
    return problemOf(error, requestId, reader);
  }
  return isUnavailable(error)
    ? problemOf(UNAVAILABLE, requestId, reader)
    : unforeseenProblem(requestId);
}

/** Which service it is, and what it says, is for the log. */
const UNAVAILABLE = new AppError(
  "service-unavailable",
  "Cannot answer now: a service behind this one does not do what it should; try again",
);

/** Problem details of an error with a name. @see https://www.rfc-editor.org/rfc/rfc9457 */
export function problemOf(error: AppError, requestId: string, reader: Reader): HttpResponseInit {
  const status = STATUS[error.code];
  const detail = reader === "operator" ? error.message : partnerMessage(error);
  // Where the message is not for the reader, what it is made of is not either.
  const problems = detail === error.message ? error.problems : [];
  return problemResponse({
    status,
    code: (reader === "partner" ? CODE_FOR_PARTNERS[error.code] : undefined) ?? error.code,
    detail,
    requestId,
    problems: problems.map(({ field, message }) => ({ field, detail: message })),
    headers: { ...challenge(error), ...retryAfter(status) },
  });
}

/** Seconds after which it is worth while to ask again. */
function retryAfter(status: number): Record<string, string> {
  const seconds = { 429: "1", 503: "5" }[status];
  return seconds === undefined ? {} : { "Retry-After": seconds };
}

/** How to authenticate, and what was wrong with the token. @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function challenge({ code, message }: AppError): Record<string, string> {
  const scheme = 'Bearer realm="waybill"';
  const description = `error_description="${quotable(message)}"`;
  switch (code) {
    case "token-missing":
      return { "WWW-Authenticate": scheme };
    case "token-invalid":
      return { "WWW-Authenticate": `${scheme}, error="invalid_token", ${description}` };
    case "forbidden":
      return { "WWW-Authenticate": `${scheme}, error="insufficient_scope", ${description}` };
    default:
      return {};
  }
}

/** The text in the characters that a description may have. */
function quotable(text: string): string {
  return text.replaceAll('"', "'").replace(/[^\x20-\x7e]|\\/g, "?");
}

/** Problem details of a failure that nobody foresaw: nothing of its inside reaches the caller. */
export function unforeseenProblem(requestId: string): HttpResponseInit {
  return problemResponse({
    status: 500,
    code: "unforeseen",
    detail: `Cannot answer the request: an unforeseen error happened; the operator finds it in the log under "${requestId}"`,
    requestId,
    problems: [],
    headers: {},
  });
}

function problemResponse(problem: {
  status: number;
  code: string;
  detail: string;
  requestId: string;
  problems: readonly { field: string; detail: string }[];
  headers: Readonly<Record<string, string>>;
}): HttpResponseInit {
  const { status, code, detail, requestId, problems, headers } = problem;
  const details: ProblemDetails = {
    type: `urn:waybill:problem:${code}`,
    title: code.replaceAll("-", " "),
    status,
    detail,
    instance: `urn:uuid:${requestId}`,
    ...(problems.length === 0 ? {} : { errors: [...problems] }),
  };
  return {
    status,
    headers: {
      "Content-Type": "application/problem+json",
      "Cache-Control": "no-store",
      ...headers,
    },
    body: JSON.stringify(details),
  };
}

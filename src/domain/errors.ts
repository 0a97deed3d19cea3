/**
 * Every failure that Waybill can name. The list is closed on purpose: `http/problem.ts` maps each code to a status, and
 * a code without a mapping does not compile.
 */
export type ErrorCode =
  // content of requests
  | "request-invalid"
  | "media-type-unsupported"
  | "definition-invalid"
  | "definition-not-found"
  | "definition-changed"
  | "definition-in-use"
  | "definition-unreadable"
  | "filter-invalid"
  | "topic-name-taken"
  | "shape-invalid"
  | "schedule-invalid"
  // callers
  | "token-missing"
  | "token-invalid"
  | "application-unknown"
  | "forbidden"
  | "issuer-unavailable"
  | "rate-exceeded"
  | "server-busy"
  | "service-unavailable"
  | "settings-invalid"
  | "connector-id-zero"
  // connectors
  | "connector-not-found"
  | "connector-direction-wrong"
  | "delivery-not-found"
  | "delivery-leased-by-another"
  | "delivery-not-leased"
  | "file-not-found"
  | "file-not-fetched"
  | "file-deleted"
  // exports
  | "connection-unknown"
  | "connection-invalid"
  | "source-invalid"
  | "source-unavailable"
  | "conversion-failed"
  | "value-not-representable"
  | "run-given-up"
  | "run-too-long"
  // package API
  | "execution-not-found"
  | "execution-not-supported"
  | "too-many-orders"
  // imports
  | "target-invalid"
  | "target-unavailable"
  | "file-unreadable"
  | "file-empty"
  | "file-too-large"
  | "file-incomplete"
  | "body-too-slow"
  | "content-wrong"
  | "columns-missing"
  | "upload-not-found"
  | "execution-id-taken"
  | "submission-not-found"
  | "submission-not-failed"
  // ledger
  | "ledger-entry-not-found";

/**
 * A failure with a name. Messages read "Cannot <verb> <what>: <state>". Values are quoted, and secrets are left out.
 *
 * The message is for the operator. `partner-message.ts` chooses the text for partners by the code, unless the failure
 * has a partner text of its own.
 *
 * In queue and topic triggers an AppError is final: it is recorded and the message is settled. Any other error is
 * thrown, tried again and finally dead-lettered.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** Text for partners, where the code's own text says too little or too much. */
  readonly partnerMessage: string | undefined;
  /** Requested pause of a service that refused; undefined: it named none. */
  readonly retryAfterMs: number | undefined;
  /** Places of the problems in the caller's input, e.g. `schedule.cron`, one entry for each problem. */
  readonly problems: readonly FieldProblem[];

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      cause?: unknown;
      problems?: readonly FieldProblem[];
      partnerMessage?: string | undefined;
      retryAfterMs?: number;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.partnerMessage = options.partnerMessage;
    this.retryAfterMs = options.retryAfterMs;
    this.problems = options.problems ?? [];
  }
}

/**
 * Waybill itself finds that a service cannot do something now: it did not answer in time, or a row was changed too
 * often. It is not an AppError, because a trigger must try again. A request is answered 503, as when the service's SDK
 * fails.
 */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
}

export interface FieldProblem {
  /** Path of the field, e.g. `entities[0].source.table`; `""` for the whole body. */
  readonly field: string;
  readonly message: string;
}

/** Whether `error` is an AppError, of this code when one is given. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}

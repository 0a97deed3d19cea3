import { RestError } from "@azure/storage-blob";
import { AppError } from "../../../domain/errors.ts";
import { shortened } from "../../../formats/shortened.ts";

/** Statuses of the storage for failures that may pass. */
const PASSING_STATUSES: ReadonlySet<unknown> = new Set([408, 429, 500, 502, 503, 504]);
const PASSING_CODES: ReadonlySet<unknown> = new Set([
  "AccountBeingCreated",
  "ContainerBeingDeleted",
]);

/** Advice for failures that stay. */
const ADVICE: Readonly<Record<number, string>> = {
  401: "check the connection's setting",
  403: "the connection may not do that; give it the right to read and to list",
};

/**
 * Names a failure of the storage. Its text and cause are dropped, because they can hold the address with its signature.
 *
 * @param what completes "Cannot ", e.g. `list container "in"`
 * @returns AppError `source-invalid`; `source-unavailable` for a failure that may pass
 */
export function storageFailure(error: unknown, what: string): AppError {
  if (!(error instanceof RestError) || error.statusCode === undefined) {
    // the network failed, the time was over, or there was no token
    return new AppError("source-unavailable", `Cannot ${what}: ${reasonOf(error)}`);
  }
  const code = codeOf(error);
  const answer = `the storage answers ${error.statusCode}${code === null ? "" : ` (${code})`}`;
  if (PASSING_STATUSES.has(error.statusCode) || PASSING_CODES.has(code)) {
    return new AppError("source-unavailable", `Cannot ${what}: ${answer}`, retryAfter(error));
  }
  if (error.statusCode === 404) {
    const missing = code === "ContainerNotFound" ? "container" : "file";
    return new AppError("source-invalid", `Cannot ${what}: there is no such ${missing}`);
  }
  const advice = ADVICE[error.statusCode];
  const hint = advice === undefined ? "" : `; ${advice}`;
  return new AppError("source-invalid", `Cannot ${what}: ${answer}${hint}`);
}

/** Whether the file was overwritten or deleted since it was listed. */
export function hasChanged(error: unknown): boolean {
  return (
    error instanceof RestError &&
    (error.statusCode === 412 ||
      (error.statusCode === 404 && codeOf(error) !== "ContainerNotFound"))
  );
}

/** An answer without a body has its code only in a header. */
function codeOf({ code, details }: RestError): string | null {
  const inHeader = (details as { errorCode?: unknown } | undefined)?.errorCode;
  const known = inHeader ?? code;
  return typeof known === "string" && /^\w{1,100}$/.test(known) ? known : null;
}

/** @returns a code or the error's name, never its text, which can hold an address */
function reasonOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return `it fails with ${[code, name].find((text) => typeof text === "string") ?? "an error"}`;
}

function retryAfter({ response }: RestError): { retryAfterMs?: number } {
  const seconds = Number(response?.headers.get("retry-after"));
  return seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {};
}

const MAX_NAME_CHARACTERS = 200;

/** The name of a file in messages. */
export function shownFile(container: string, name: string): string {
  return `file ${JSON.stringify(shortened(name, MAX_NAME_CHARACTERS))} of container "${container}"`;
}

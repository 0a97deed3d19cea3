import { setTimeout as wait } from "node:timers/promises";
import { AppError, type ErrorCode } from "../../domain/errors.ts";
import type { HttpRetry } from "./schemas.ts";

/** Effects that tests replace. */
export interface Surroundings {
  /** In [0, 1). */
  readonly random: () => number;
  /** Rejects when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export const SURROUNDINGS: Surroundings = {
  random: Math.random,
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, { signal }),
};

/** A failure that may pass by itself. */
export interface Passing {
  readonly because: string;
  readonly retryAfterMs: number | null;
}

export interface Retrying {
  readonly retry: HttpRetry;
  readonly signal: AbortSignal;
  readonly surroundings: Surroundings;
  /** Code of the error when the attempts are used up. */
  readonly code: ErrorCode;
  /** Completes "Cannot " in that error's message. */
  readonly what: string;
}

/**
 * Waits before the next attempt: as long as the API asks for, else a random time whose ceiling doubles.
 *
 * @throws AppError `code` when this was the last attempt, or the requested wait is too long; the signal's reason
 */
export async function waitToTryAgain(
  attempt: number,
  { because, retryAfterMs }: Passing,
  { retry, signal, surroundings, code, what }: Retrying,
): Promise<void> {
  const ceilingMs = Math.min(retry.firstDelayMs * 2 ** (attempt - 1), retry.maxDelayMs);
  const delayMs = retryAfterMs ?? Math.ceil(surroundings.random() * ceilingMs);
  if (attempt >= retry.attempts || delayMs > retry.maxDelayMs) {
    const asked = retryAfterMs === null ? "" : `; it asks for ${Math.ceil(retryAfterMs / 1_000)} s`;
    throw new AppError(
      code,
      `Cannot ${what}: ${because} (attempt ${attempt} of ${retry.attempts}${asked})`,
      retryAfterMs === null ? {} : { retryAfterMs },
    );
  }
  await surroundings.sleep(delayMs, signal).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error;
  });
}

const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 423, 425, 429]);
/** Not implemented, and the version of HTTP: repeating does not help. */
const LASTING_STATUSES: ReadonlySet<number> = new Set([501, 505]);

/**
 * Whether a request, or one item of it, with this status may succeed later. Gateways and clouds use own statuses above
 * 505, such as 520 to 530 and 598, for servers that do not answer.
 */
export function isPassingStatus(status: number): boolean {
  return PASSING_STATUSES.has(status) || (status >= 500 && !LASTING_STATUSES.has(status));
}

/** @param response a response whose status may pass */
export function passingStatus({ status, headers }: Response): Passing {
  return { because: `status ${status}`, retryAfterMs: retryAfterMs(headers) };
}

/** @param error rejection of `fetch`, or of reading a body */
export function passingError(error: unknown): Passing {
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  const because = name === "TimeoutError" ? "no answer in time" : (cause?.code ?? "no connection");
  return { because, retryAfterMs: null };
}

/**
 * Reads seconds or a date. Seconds may have a fraction: the standard has none, but some APIs send it. A date counts
 * from the server's own `Date`, so a wrong clock of the server does no harm. Other texts give null.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function retryAfterMs(headers: Headers): number | null {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^[0-9]{1,9}(?:\.[0-9]{1,9})?$/.test(value)) {
    return Math.ceil(Number(value) * 1_000);
  }
  const until = instantOf(value);
  const sent = instantOf(headers.get("date") ?? "");
  return until === null ? null : Math.max(0, until - (sent ?? Date.now()));
}

/**
 * The three forms of RFC 9110 section 5.6.7, and ISO 8601 with a zone. `Date.parse` alone would read "2.5" as a day in
 * 2001.
 */
const DATE_REGEXPS = [
  /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$/,
  /^[A-Z][a-z]{5,8}, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2} [0-9:]{8} GMT$/,
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(?:Z|[+-][0-9]{2}:[0-9]{2})$/,
];
const ASCTIME_REGEXP = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} [0-9]{4}$/;

function instantOf(text: string): number | null {
  const instant = DATE_REGEXPS.some((form) => form.test(text))
    ? Date.parse(text)
    : ASCTIME_REGEXP.test(text)
      ? Date.parse(`${text} GMT`)
      : Number.NaN;
  return Number.isNaN(instant) ? null : instant;
}

import { setTimeout as wait } from "node:timers/promises";
import type { HttpRetry } from "../../contracts/connection-names.ts";
import { AppError, type ErrorCode } from "../../domain/errors.ts";

/** What tests replace. */
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
  /** Of the error when the attempts are used up. */
  readonly code: ErrorCode;
  /** Completes "Cannot ", for its message. */
  readonly what: string;
}

/**
 * Waits before the attempt that follows this one: as long as the API asks for, else a random time whose ceiling doubles.
 *
 * @throws AppError `code` when it was the last, or the wait asked for is too long; the signal's reason
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
    );
  }
  await surroundings.sleep(delayMs, signal).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error;
  });
}

/** @param response one whose status may pass by itself */
export function passingStatus({ status, headers }: Response): Passing {
  return { because: `status ${status}`, retryAfterMs: retryAfterMs(headers) };
}

/** @param error what `fetch`, or reading a body, rejected with */
export function passingFailure(error: unknown): Passing {
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  const because = name === "TimeoutError" ? "no answer in time" : (cause?.code ?? "no connection");
  return { because, retryAfterMs: null };
}

/**
 * A date counts from the server's own `Date`, so that its clock may be wrong.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
function retryAfterMs(headers: Headers): number | null {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^[0-9]{1,9}$/.test(value)) {
    return Number(value) * 1_000;
  }
  const until = Date.parse(value);
  const sent = Date.parse(headers.get("date") ?? "");
  const now = Number.isNaN(sent) ? Date.now() : sent;
  return Number.isNaN(until) ? null : Math.max(0, until - now);
}

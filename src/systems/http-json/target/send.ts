import { isUtf8 } from "node:buffer";
import { AppError } from "../../../domain/errors.ts";
import { bytesUpTo } from "../../../domain/values/limited-bytes.ts";
import type { Authorization } from "../authorization.ts";
import {
  isPassingStatus,
  type Passing,
  passingError,
  passingStatus,
  type Surroundings,
  waitToTryAgain,
} from "../retry.ts";
import type { HttpJsonTargetDefinition } from "./definition.ts";

/** Settings of all requests of one writer. */
export interface Sending {
  readonly method: HttpJsonTargetDefinition["method"];
  readonly authorization: Authorization;
  readonly retry: HttpJsonTargetDefinition["retry"];
  readonly maxAnswerBytes: number;
  /** Whether the status alone is not enough, so that an answer which breaks off does not count. */
  readonly needsBody: boolean;
  /** The address in messages, without anything that can hold a secret or a row's values. */
  readonly shown: string;
  readonly signal: AbortSignal;
  readonly surroundings: Surroundings;
}

export interface Request {
  readonly address: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer that would be the same if the request were repeated. */
export interface SentAnswer {
  readonly status: number;
  /** Null when it was too large, broke off or is not UTF-8. */
  readonly text: string | null;
}

/**
 * Sends a request until it is answered. A failure that may pass (no connection, no answer in time, 429, 503 and
 * similar) is tried again. The wait is the one that the API asks for, or else a random time whose upper bound doubles.
 *
 * Redirects are not followed, so the connection's token never leaves its own origin.
 *
 * @throws AppError `target-unavailable`; the signal's reason
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export async function send(request: Request, sending: Sending): Promise<SentAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await sendOnce(request, sending);
    const isFinal = "status" in outcome && !isEcho(outcome.status, attempt, sending);
    if (isFinal) {
      return outcome;
    }
    await waitToSendAgain(attempt, "status" in outcome ? ECHO : outcome, sending);
  }
}

const ECHO: Passing = { because: "status 409", retryAfterMs: null };

/**
 * Whether a conflict may come from our own earlier attempt, which the API is still processing.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header#section-2.6
 */
function isEcho(status: number, attempt: number, { retry }: Sending): boolean {
  return status === 409 && attempt > 1 && attempt < retry.attempts;
}

/**
 * Waits before the next attempt.
 *
 * @throws AppError `target-unavailable` when this was the last attempt, or the requested wait is too long
 */
export function waitToSendAgain(
  attempt: number,
  passing: Passing,
  { retry, signal, surroundings, shown }: Sending,
): Promise<void> {
  return waitToTryAgain(attempt, passing, {
    retry,
    signal,
    surroundings,
    code: "target-unavailable",
    what: `write to "${shown}"`,
  });
}

async function sendOnce(request: Request, sending: Sending): Promise<SentAnswer | Passing> {
  const { signal, retry } = sending;
  signal.throwIfAborted();
  // Not AbortSignal.timeout, because its timers would outlive thousands of requests.
  const deadline = new AbortController();
  const abort = () => deadline.abort(signal.reason);
  const timer = setTimeout(() => {
    deadline.abort(new DOMException("no answer in time", "TimeoutError"));
  }, retry.timeoutMs);
  signal.addEventListener("abort", abort);
  try {
    return await exchange(request, sending, deadline.signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AppError) {
      throw error;
    }
    return passingError(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

async function exchange(
  { address, headers, body }: Request,
  sending: Sending,
  signal: AbortSignal,
): Promise<SentAnswer | Passing> {
  const post = (secret: Readonly<Record<string, string>>) =>
    fetch(address, {
      method: sending.method,
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        ...headers,
        ...secret,
      },
      body,
      redirect: "manual",
      signal,
    });
  const secret = await sending.authorization.headers();
  let response = await post(secret);
  if (response.status === 401 && sending.authorization.renew(secret)) {
    await response.body?.cancel();
    response = await post(await sending.authorization.headers());
  }
  const { status } = response;
  if (isPassingStatus(status)) {
    await response.body?.cancel();
    return passingStatus(response);
  }
  try {
    return { status, text: await textOf(response, sending.maxAnswerBytes) };
  } catch (error) {
    if (sending.needsBody || sending.signal.aborted) {
      throw error;
    }
    return { status, text: null };
  }
}

/** @returns null when the answer is too large or not UTF-8 */
async function textOf(response: Response, maxBytes: number): Promise<string | null> {
  const bytes = await bytesUpTo(maxBytes, response.body ?? []);
  return bytes !== null && isUtf8(bytes) ? bytes.toString() : null;
}

import { DAY_MS } from "../../../formats/day.ts";
import type { WebhookAnswer } from "./webhook-endpoint.ts";

/** The meaning of an answer for the delivery. Reasons complete "the receiver ". */
export type WebhookOutcome =
  | { readonly kind: "delivered" }
  | {
      readonly kind: "failed";
      readonly reason: string;
      /** Pause that the receiver asks for; null: none. */
      readonly retryAfterMs: number | null;
    }
  /** The receiver wants nothing more. */
  | { readonly kind: "gone"; readonly reason: string };

/** The result of one attempt. */
export interface WebhookResult {
  readonly outcome: WebhookOutcome;
  /** Null: the delivery was not sent. */
  readonly answer: WebhookAnswer | null;
}

/**
 * Reads an answer.
 *
 * | answer | outcome |
 * |---|---|
 * | 2xx, also 202 with a `Location`, and whatever became of its body | delivered |
 * | 410 | gone: the subscription gets nothing until an operator resumes it |
 * | 429 or 503 with `Retry-After` | failed; the next attempt waits at least as long, at most a day |
 * | everything else: 3xx, 400, 404, 413, 5xx, no name, no connection, wrong certificate, no answer in time | failed |
 */
export function webhookOutcome(answer: WebhookAnswer, now: Date): WebhookOutcome {
  const { status, error } = answer;
  if (status === null) {
    return failed(`cannot be reached: ${error ?? "no answer"}`);
  }
  if (status >= 200 && status < 300) {
    return { kind: "delivered" };
  }
  if (status === 410) {
    return { kind: "gone", reason: "answered 410" };
  }
  const isRedirect = status >= 300 && status < 400;
  const reason = `answered ${status}${isRedirect ? ", and redirects are not followed" : ""}`;
  const asks = status === 429 || status === 503;
  return failed(reason, asks ? pauseOf(answer.headers["retry-after"], now) : null);
}

/** The attempt failed, and comes again. */
export function failed(reason: string, retryAfterMs: number | null = null): WebhookOutcome {
  return { kind: "failed", reason, retryAfterMs };
}

/** Seconds, or a time. @returns null when it is neither */
function pauseOf(retryAfter: string | undefined, now: Date): number | null {
  if (retryAfter === undefined) {
    return null;
  }
  const pauseMs = /^\d+$/.test(retryAfter)
    ? Number(retryAfter) * 1_000
    : Date.parse(retryAfter) - now.getTime();
  // a receiver's wrong clock must not hold its files for weeks
  return Number.isNaN(pauseMs) ? null : Math.min(Math.max(pauseMs, 0), DAY_MS);
}

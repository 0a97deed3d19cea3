import { AppError } from "../../domain/errors.ts";
import type { Clock } from "../../domain/ports.ts";

/** Beyond this number, the application that has been silent longest is forgotten. */
const MAX_APPLICATIONS = 10_000;

/** Requests that one application may send to one instance of the app. */
export interface RateLimit {
  /** Requests a second, lastingly. */
  readonly perSecond: number;
  /** Requests at once, after a time of silence. */
  readonly burst: number;
}

/** Counts a request. @throws AppError `rate-exceeded` when it is one too many */
export type CountRequest = (applicationId: string) => void;

interface Bucket {
  readonly tokens: number;
  readonly filledAtMs: number;
}

/**
 * A token bucket for each application, in the memory of this instance: no request waits for storage to be counted.
 *
 * A clock that was set back fills no bucket and empties none.
 */
export function makeRateLimit(limit: RateLimit, clock: Clock): CountRequest {
  // in the order of their last request
  const buckets = new Map<string, Bucket>();

  return (applicationId) => {
    const nowMs = clock.now().getTime();
    const { tokens, filledAtMs } = buckets.get(applicationId) ?? {
      tokens: limit.burst,
      filledAtMs: nowMs,
    };
    const gained = (Math.max(0, nowMs - filledAtMs) / 1_000) * limit.perSecond;
    const filled = Math.min(limit.burst, tokens + gained);
    const isLet = filled >= 1;
    buckets.delete(applicationId);
    buckets.set(applicationId, { tokens: isLet ? filled - 1 : filled, filledAtMs: nowMs });
    forgetBeyond(buckets, MAX_APPLICATIONS);
    if (!isLet) {
      throw new AppError(
        "rate-exceeded",
        `Cannot answer now: application "${applicationId}" sends more than ${limit.perSecond} requests a second; wait a second`,
      );
    }
  };
}

function forgetBeyond(buckets: Map<string, Bucket>, max: number): void {
  const [oldest] = buckets.keys();
  if (buckets.size > max && oldest !== undefined) {
    buckets.delete(oldest);
  }
}

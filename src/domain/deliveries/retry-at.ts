import { DAY_MS } from "../../formats/day.ts";

const SHORTEST_MS = 5_000;
const LONGEST_MS = 8 * 3_600_000;
/** Share of the pause. Files that failed together do not come back together. */
const JITTER = 0.2;
/** A receiver that asks for more is asked again then. */
const LONGEST_ASKED_MS = DAY_MS;

/**
 * Time of the next attempt: each pause is as long as all attempts and pauses before it, from 5 seconds to 8 hours, and up
 * to a fifth longer.
 *
 * @param facts.since first attempt
 * @param facts.random a GUID
 * @param facts.notBefore the receiver's wish, up to a day
 */
export function retryAt(facts: {
  since: Date;
  now: Date;
  random: string;
  notBefore: Date | undefined;
}): Date {
  const nowMs = facts.now.getTime();
  const pauseMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, nowMs - facts.since.getTime()));
  const share = Number.parseInt(facts.random.slice(0, 8), 16) / 2 ** 32;
  const askedMs = Math.min(facts.notBefore?.getTime() ?? 0, nowMs + LONGEST_ASKED_MS);
  return new Date(Math.max(askedMs, nowMs + pauseMs * (1 + JITTER * share)));
}

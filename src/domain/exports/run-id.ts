import type { Ports } from "../ports.ts";
import type { ActiveRun } from "./run.ts";

/**
 * An id that sorts after those of all runs that have not ended, whatever the clock says: runs go in the order of their
 * ids. A run that sorts before one that may begin takes its turn away, after that one has read the cursor; both would
 * then publish the same rows.
 */
export function nextRunId(
  ports: Pick<Ports, "ids">,
  active: readonly ActiveRun[],
  now: Date,
): string {
  const latestMs = Math.max(now.getTime(), ...active.map(({ runId }) => runIdTime(runId) + 1));
  return ports.ids.timeOrderedGuid(new Date(latestMs));
}

/** The first 48 bits of a time-ordered GUID are its time (RFC 9562 section 5.7). */
export function runIdTime(runId: string): number {
  return Number.parseInt(runId.replaceAll("-", "").slice(0, 12), 16);
}

import type { Ports } from "../ports.ts";
import type { ActiveRun } from "./run.ts";

/**
 * An id that sorts after those of all unfinished runs, whatever the clock says: runs go in the order of their ids. If a
 * new run sorted before one that may begin, it could take its turn after that one has read the cursor. Both would then
 * publish the same rows.
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

import { everyTurn } from "../every-turn.ts";
import { deleteOldFiles } from "../ledger/delete-old-files.ts";
import type { Ports } from "../ports.ts";
import { sweepStorage } from "../retention/sweep-storage.ts";
import { isOlderThan } from "../values/age.ts";

const MINUTE_MS = 60_000;

/** Chores that delete old data. Each clean-up has a timer. If the timer stops, a message replaces it. */
const CLEAN_UPS = {
  retention: { lateAfterMs: 30 * MINUTE_MS, work: deleteOldFiles },
  "storage-sweep": { lateAfterMs: 180 * MINUTE_MS, work: sweepStorage },
} satisfies Record<
  string,
  { lateAfterMs: number; work: (ports: Ports, signal: AbortSignal) => Promise<number> }
>;

export type CleanUp = keyof typeof CLEAN_UPS;

/**
 * Noted before the work begins: after a failure or crash, the clean-up is repeated when it is late again, not every
 * three minutes.
 *
 * @param signal ends it early
 * @returns how many things were deleted
 */
export async function cleanUp(ports: Ports, name: CleanUp, signal: AbortSignal): Promise<number> {
  await ports.ticks.note(name, ports.clock.now());
  return CLEAN_UPS[name].work(ports, signal);
}

/** Does the clean-ups whose timers did not come. A failed one does not stop the others. */
export async function makeUpForCleanUps(ports: Ports, signal: AbortSignal): Promise<void> {
  await everyTurn(Object.keys(CLEAN_UPS) as CleanUp[], async (name) => {
    const last = await ports.ticks.last(name);
    const isLate =
      last === null || isOlderThan(last, ports.clock.now(), CLEAN_UPS[name].lateAfterMs);
    return isLate ? cleanUp(ports, name, signal) : 0;
  });
}

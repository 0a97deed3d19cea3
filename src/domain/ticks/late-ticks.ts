import type { Ports } from "../ports.ts";
import { isOlderThan } from "../values/age.ts";

/** Timers of the platform can pause for a minute or two. Some stopped for good while requests were still answered. */
const LATE_AFTER_MS = 3 * 60_000;
/** Pause between two checks of one process for late ticks. */
const LOOK_EVERY_MS = 60_000;

type TickPorts = Pick<Ports, "ticks" | "tickQueue" | "clock" | "log">;

/** Whether chores are overdue: no tick of any kind has done them for a while. */
export async function isTickLate(ports: Pick<Ports, "ticks" | "clock">): Promise<boolean> {
  const last = await ports.ticks.last("tick");
  return last === null || isOlderThan(last, ports.clock.now(), LATE_AFTER_MS);
}

/**
 * Orders a tick by message, in case the timer fails: at the next full three minutes. All orders within the same three
 * minutes are equal.
 */
export async function scheduleTick(ports: Omit<TickPorts, "ticks">): Promise<void> {
  const nextMs = (Math.floor(ports.clock.now().getTime() / LATE_AFTER_MS) + 1) * LATE_AFTER_MS;
  try {
    await ports.tickQueue.send(new Date(nextMs));
  } catch (error) {
    // the next tick or request orders one
    ports.log("tick-not-ordered", { failure: String(error) });
  }
}

/**
 * Checks whether ticks are late, and orders one at once if they are. Call it after any work of the process, so that
 * traffic alone keeps the chores going.
 *
 * @returns a function that checks at most once a minute
 */
export function tickWatch(ports: TickPorts): () => Promise<void> {
  let lookedAt: Date | null = null;
  return async () => {
    const now = ports.clock.now();
    if (lookedAt !== null && !isOlderThan(lookedAt, now, LOOK_EVERY_MS)) {
      return;
    }
    lookedAt = now;
    if (await isTickLate(ports)) {
      ports.log("tick-late");
      await ports.tickQueue.send(now);
    }
  };
}

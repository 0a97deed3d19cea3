import type { Ports } from "../ports.ts";
import { isOlderThan } from "../values/age.ts";
import { hint } from "./note-due.ts";

/** By then the hint for the time was handled, unless it was lost. */
const FORGOTTEN_AFTER_MS = 30_000;

/** No pause is as long. So a clock that ran ahead has noted the time. */
const LONGEST_PAUSE_MS = 25 * 3_600_000;

function isTooLate(dueAt: Date, now: Date): boolean {
  return dueAt.getTime() - now.getTime() > LONGEST_PAUSE_MS;
}

/** Sends hints for subscriptions' own queues in which something is overdue. @returns how many */
export async function hintDue(
  ports: Pick<Ports, "ownQueues" | "deliveryHints" | "clock" | "log">,
): Promise<number> {
  let hinted = 0;
  for await (const { queueId, dueAt, stopped } of ports.ownQueues.all()) {
    const now = ports.clock.now();
    const isOverdue = dueAt <= now && isOlderThan(dueAt, now, FORGOTTEN_AFTER_MS);
    if (stopped === null && (isOverdue || isTooLate(dueAt, now))) {
      await hint(ports, queueId, now);
      hinted++;
    }
  }
  return hinted;
}

import type { Ports } from "../ports.ts";
import { requireAge } from "../require-age.ts";
import type { DeliveryState } from "./delivery.ts";
import { type QueueId, queueFacts } from "./queue-id.ts";

/** States in which the file is owed to nobody. */
export type SettledState = Exclude<DeliveryState, "enqueued" | "dequeued">;

/** The next call deletes more. */
const MAX_MESSAGES = 200;
/** The announcement of a file may be repeated; the old delivery then prevents a second one. */
const MIN_AGE_DAYS = 1;

/**
 * Deletes deliveries that were settled long ago. Their files and the ledger are not touched.
 *
 * @param input.olderThan both the file and the delivery's state are older; at least a day ago
 * @param input.dryRun only counts
 * @param input.after the `next` of the call before; null: from the start
 * @returns how many were deleted, or would be, and where to continue; `next` is null at the end
 * @throws AppError `request-invalid`
 */
export async function cleanUpDeliveries(
  ports: Pick<Ports, "deliveries" | "clock" | "log">,
  input: {
    queueId: QueueId;
    states: readonly SettledState[];
    olderThan: Date;
    dryRun: boolean;
    after: string | null;
  },
): Promise<{ count: number; next: string | null }> {
  const { queueId, states, olderThan, dryRun, after } = input;
  requireAge(ports, olderThan, MIN_AGE_DAYS);
  const query = { states, to: olderThan, limit: MAX_MESSAGES, after };
  const page = await ports.deliveries.list(queueId, query);
  let count = 0;
  for (const delivery of page.items.filter(({ changedAt }) => changedAt < olderThan)) {
    // C28
    count += dryRun || (await ports.deliveries.delete(delivery)) ? 1 : 0;
  }
  if (!dryRun) {
    ports.log("deliveries-cleaned-up", { ...queueFacts(queueId), count });
  }
  return { count, next: page.next };
}

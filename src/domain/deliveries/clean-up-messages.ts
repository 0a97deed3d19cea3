import type { ActivityId } from "../ids.ts";
import type { Ports } from "../ports.ts";
import { requireAge } from "../require-age.ts";
import type { MessageState } from "./message.ts";

/** States in which nobody is owed the file any more. */
export type SettledState = Exclude<MessageState, "enqueued" | "dequeued">;

/** More are left to the next call. */
const MAX_MESSAGES = 200;
/** What announces a file may come again; the message of the first time keeps it from being delivered twice. */
const MIN_AGE_DAYS = 1;

/**
 * Deletes what is known of messages that are settled for long. Their files and the ledger are not touched.
 *
 * @param input.olderThan both the file and the message's state are older; at least a day ago
 * @param input.dryRun only counts
 * @param input.after the `next` of the call before; null: from the start
 * @returns how many were deleted, or would be, and where to go on; `next` is null at the end
 * @throws AppError `request-invalid`
 */
export async function cleanUpMessages(
  ports: Pick<Ports, "messages" | "clock" | "log">,
  input: {
    activityId: ActivityId;
    states: readonly SettledState[];
    olderThan: Date;
    dryRun: boolean;
    after: string | null;
  },
): Promise<{ messages: number; next: string | null }> {
  const { activityId, states, olderThan, dryRun, after } = input;
  requireAge(ports, olderThan, MIN_AGE_DAYS);
  const query = { states, to: olderThan, limit: MAX_MESSAGES, after };
  const page = await ports.messages.list(activityId, query);
  let messages = 0;
  for (const message of page.items.filter(({ changedAt }) => changedAt < olderThan)) {
    messages += dryRun || (await ports.messages.delete(message)) ? 1 : 0;
  }
  if (!dryRun) {
    ports.log("messages-cleaned-up", { activityId, messages });
  }
  return { messages, next: page.next };
}

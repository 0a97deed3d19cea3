import type { ConnectorId } from "../ids.ts";
import type { Ports } from "../ports.ts";
import { requireAge } from "../require-age.ts";
import type { EndState } from "./submission.ts";

/** The next call looks at more. */
const MAX_MESSAGES = 200;
/** As long as a request can be repeated: see `deduplicationSeconds`. */
const MIN_AGE_DAYS = 30;

/**
 * Deletes submissions that ended long ago and whose files were deleted by retention. Their ids are unknown from then
 * on. Nothing else deletes them, because an id stays known as long as somebody may ask for it.
 *
 * @param input.olderThan both the receipt and the end are older; at least 30 days ago
 * @param input.dryRun only counts
 * @param input.after the `next` of the call before; null: from the newest that is old enough
 * @returns how many were deleted, or would be, and where to continue; `next` is null at the end
 * @throws AppError `request-invalid`
 */
export async function cleanUpSubmissions(
  ports: Pick<Ports, "submissions" | "clock" | "log">,
  input: {
    connectorId: ConnectorId;
    states: readonly EndState[];
    olderThan: Date;
    dryRun: boolean;
    after: string | null;
  },
): Promise<{ count: number; next: string | null }> {
  const { connectorId, states, olderThan, dryRun, after } = input;
  requireAge(ports, olderThan, MIN_AGE_DAYS);
  const wanted: ReadonlySet<string> = new Set(states);
  const page = await ports.submissions.list(connectorId, null, {
    ...{ limit: MAX_MESSAGES, after },
    receivedBefore: olderThan,
  });
  let count = 0;
  for (const submission of page.items) {
    const { state, endedAt, fileDeletedAt } = submission;
    if (wanted.has(state) && endedAt !== null && endedAt < olderThan && fileDeletedAt) {
      await (dryRun ? undefined : ports.submissions.delete(submission)); // C28
      count++;
    }
  }
  if (!dryRun) {
    ports.log("submissions-cleaned-up", { connectorId, count });
  }
  return { count, next: page.next };
}

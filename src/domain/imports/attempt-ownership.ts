import type { Ports } from "../ports.ts";
import type { InboundMessage } from "./inbound-message.ts";

/** Another attempt has the message by now. */
export class TakenOver extends Error {}

const OWNERSHIP_CHECK_MS = 15_000;

/**
 * Ends an attempt whose message was taken over: what it does from then on is done twice, and counts for nothing.
 *
 * @returns what to await now and then; it asks storage every 15 seconds at most
 */
export function ownership(
  ports: Pick<Ports, "inbox" | "clock">,
  current: () => InboundMessage,
): () => Promise<void> {
  let checkedAt = ports.clock.now();
  return async () => {
    const now = ports.clock.now();
    if (now.getTime() - checkedAt.getTime() < OWNERSHIP_CHECK_MS) {
      return;
    }
    checkedAt = now;
    const { id, revision } = current();
    if ((await ports.inbox.find(id))?.revision !== revision) {
      throw new TakenOver();
    }
  };
}

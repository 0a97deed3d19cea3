import type { ActivityId } from "../../contracts/ids.ts";
import { AppError } from "../errors.ts";
import type { Ports } from "../ports.ts";
import { acknowledged, type Message } from "./message.ts";

/**
 * Ends a lease for good: the partner has the file.
 *
 * Acknowledging twice is fine. A receipt whose lease has run out still counts as long as nobody else has leased
 * the message since, because slow partners acknowledge late and must not be sent the file again.
 *
 * @param input.receipt PopReceipt of the dequeue answer; null from clients that send only the message id
 * @returns the message as it is now
 * @throws AppError `message-not-found`, `message-leased-by-another`
 */
export async function acknowledgeMessage(
  ports: Pick<Ports, "messages" | "clock">,
  input: { activityId: ActivityId; messageId: string; receipt: string | null },
): Promise<Message> {
  for (;;) {
    const message = await ports.messages.find(input.activityId, input.messageId);
    if (message === null) {
      throw new AppError(
        "message-not-found",
        `Cannot acknowledge message "${input.messageId}": it is not at this connector`,
      );
    }
    const next = acknowledged(message, input.receipt, ports.clock.now());
    // a lost race is decided anew: another acknowledgement is fine, another lease makes this receipt stale
    if (next === message || (await ports.messages.replace(message, next))) {
      return next;
    }
  }
}

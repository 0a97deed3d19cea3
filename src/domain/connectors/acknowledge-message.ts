import type { Ports } from "../ports.ts";
import { changeMessage, type MessageRef } from "./change-message.ts";
import { acknowledged, type Message } from "./message.ts";

/**
 * Ends a lease for good: the partner has the file.
 *
 * Acknowledging twice is fine. A receipt whose lease has run out still counts as long as nobody else has leased
 * the message since, because slow partners acknowledge late and must not be sent the file again.
 *
 * @param input.receipt PopReceipt of the dequeue answer; null from clients that send only the message id
 * @returns the message as it is now
 * @throws AppError `message-not-found`, `message-leased-by-another`, and `message-not-leased` after it was rejected
 */
export async function acknowledgeMessage(
  ports: Pick<Ports, "messages" | "clock">,
  input: MessageRef & { receipt: string | null },
): Promise<Message> {
  return changeMessage(ports, input, {
    verb: "acknowledge",
    rule: (message) => acknowledged(message, input.receipt, ports.clock.now()),
  });
}

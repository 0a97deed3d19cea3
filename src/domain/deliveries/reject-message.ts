import type { Ports } from "../ports.ts";
import { changeMessage, type MessageRef } from "./change-message.ts";
import { type Message, rejected } from "./message.ts";

/**
 * Sets a message aside: the partner cannot do anything with its file, and will not be handed it again until an
 * operator sends it back. Rejecting twice is fine; the first reason stays.
 *
 * @throws AppError `message-not-found`, `message-not-leased`, `message-leased-by-another`
 */
export async function rejectMessage(
  ports: Pick<Ports, "messages" | "clock">,
  input: MessageRef & { receipt: string; reason: string },
): Promise<Message> {
  const { receipt, reason } = input;
  return changeMessage(ports, input, {
    verb: "reject",
    rule: (message) => rejected(message, receipt, { reason, now: ports.clock.now() }),
  });
}

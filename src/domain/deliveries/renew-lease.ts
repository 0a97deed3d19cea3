import type { ConnectorOf } from "../definitions/definitions.ts";
import type { Ports } from "../ports.ts";
import { changeMessage, type MessageRef } from "./change-message.ts";
import { type Message, renewed } from "./message.ts";

/**
 * Gives a lease its full length again, from now on; for partners that need longer than it lasts. The receipt stays
 * the same. A lease that has run out can be renewed as long as nobody else has leased the message since.
 *
 * @returns the message; its lease ends at `visibleAt`
 * @throws AppError `message-not-found`, `message-not-leased`, `message-leased-by-another`
 */
export async function renewLease(
  ports: Pick<Ports, "messages" | "clock">,
  input: MessageRef & {
    receipt: string;
    connector: Pick<ConnectorOf<"export">, "leaseSeconds" | "ordered">;
  },
): Promise<Message> {
  const { leaseSeconds, ordered } = input.connector;
  return changeMessage(ports, input, {
    verb: "renew the lease of",
    rule: (message) =>
      renewed(message, input.receipt, {
        now: ports.clock.now(),
        leaseMs: leaseSeconds * 1_000,
        ordered,
      }),
  });
}

import type { ConnectorOf } from "../definitions/definitions.ts";
import { AppError } from "../errors.ts";
import type { Ports } from "../ports.ts";
import { changeMessage, type MessageRef } from "./change-message.ts";
import { acknowledged, type Message } from "./message.ts";
import type { TrackedMessage } from "./messages.ts";

/**
 * Ends a lease for good: the partner has the file.
 *
 * Acknowledging twice is fine. A receipt whose lease has run out still counts as long as nobody else has leased
 * the message since, because slow partners acknowledge late and must not be sent the file again.
 *
 * Some clients acknowledge a file that they failed to download. The message then says so, for the operator; or the
 * acknowledgement is refused, where the connector asks for it.
 *
 * @param input.receipt PopReceipt of the dequeue answer; null from clients that send only the message id
 * @returns the message as it is now
 * @throws AppError `message-not-found`, `message-leased-by-another`, `file-not-fetched`, and `message-not-leased` after
 *   it was rejected
 */
export async function acknowledgeMessage(
  ports: Pick<Ports, "messages" | "clock">,
  input: MessageRef & {
    receipt: string | null;
    connector: Pick<ConnectorOf<"export">, "acknowledge">;
  },
): Promise<Message> {
  return changeMessage(ports, input, {
    verb: "acknowledge",
    rule: (message) => {
      const next = acknowledged(message, input.receipt, ports.clock.now());
      return next === message ? message : fetchedOrTold(message, next, input.connector);
    },
  });
}

function fetchedOrTold(
  { downloadedAt }: TrackedMessage,
  next: Message,
  { acknowledge }: Pick<ConnectorOf<"export">, "acknowledge">,
): Message {
  if (downloadedAt !== null) {
    return next;
  }
  if (acknowledge === "after-download") {
    throw new AppError(
      "file-not-fetched",
      `Cannot acknowledge message "${next.id}": its file was not fetched; download it first`,
    );
  }
  return { ...next, unfetched: true };
}

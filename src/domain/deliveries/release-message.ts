import type { ConnectorOf } from "../definitions/definitions.ts";
import type { Ports } from "../ports.ts";
import { changeMessage, type MessageRef } from "./change-message.ts";
import { type Message, released } from "./message.ts";

/**
 * Ends a lease early: the message is handed out again, to whoever asks after the delay. Releasing twice is fine.
 *
 * @param input.delayMs 0: at once
 * @throws AppError `message-not-found`, `message-not-leased`, `message-leased-by-another`
 */
export async function releaseMessage(
  ports: Pick<Ports, "messages" | "clock">,
  input: MessageRef & {
    receipt: string;
    delayMs: number;
    connector: Pick<ConnectorOf<"export">, "ordered">;
  },
): Promise<Message> {
  const { receipt, delayMs, connector } = input;
  return changeMessage(ports, input, {
    verb: "release",
    rule: (message) =>
      released(message, receipt, { now: ports.clock.now(), delayMs, ordered: connector.ordered }),
  });
}

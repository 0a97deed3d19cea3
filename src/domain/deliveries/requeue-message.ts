import type { ConnectorOf } from "../definitions/definitions.ts";
import type { Ports } from "../ports.ts";
import { changeMessage, findMessage, type MessageRef } from "./change-message.ts";
import { openFile } from "./download-file.ts";
import { type Message, requeued } from "./message.ts";

/**
 * Sends a message back to its connector, as if its file had just arrived: one that was rejected, that expired although
 * its file is there, that was acknowledged by a partner who has lost it, or whose lease somebody holds in vain. Every
 * receipt is void then. Doing it twice is fine.
 *
 * @throws AppError `message-not-found`; `file-not-found` when its file is no longer kept
 */
export async function requeueMessage(
  ports: Pick<Ports, "messages" | "files" | "ledger" | "clock" | "log">,
  input: MessageRef & { connector: Pick<ConnectorOf<"export">, "ordered"> },
): Promise<Message> {
  const message = await findMessage(ports, input, "requeue");
  await openFile(ports, { message, range: null });
  const { ordered } = input.connector;
  const next = await changeMessage(ports, input, {
    verb: "requeue",
    rule: (current) => requeued(current, { now: ports.clock.now(), ordered }),
  });
  const { activityId, messageId } = input;
  const { fileType, sequence } = next.file;
  ports.log("message-requeued", { activityId, messageId, fileType, sequence });
  return next;
}

import type { Ports } from "../ports.ts";
import { changeMessage } from "./change-message.ts";
import { expired, type Message } from "./message.ts";

/** Notes that the file of a message is no longer kept; of one that was acknowledged that changes nothing. */
export async function expireMessage(
  ports: Pick<Ports, "messages" | "clock" | "log">,
  message: Message,
): Promise<void> {
  const { activityId, id: messageId, file } = message;
  const next = await changeMessage(
    ports,
    { activityId, messageId },
    { verb: "expire", rule: (current) => expired(current, ports.clock.now()) },
  );
  if (next.state === "expired" && message.state !== "expired") {
    const { fileType, sequence } = file;
    ports.log("message-expired", { activityId, messageId, fileType, sequence });
  }
}

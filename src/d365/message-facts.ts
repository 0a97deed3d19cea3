import type { Message } from "../domain/deliveries/message.ts";
import type { LogFacts } from "../domain/log-events.ts";
import type { Principal } from "../domain/ports.ts";

/** What the log says when a partner has done something about a message. */
export function messageFacts({ applicationId }: Principal, message: Message): LogFacts {
  return {
    activityId: message.activityId,
    messageId: message.id,
    fileType: message.file.fileType,
    sequence: message.file.sequence,
    applicationId,
  };
}

import { DEFAULT_RETENTION_DAYS } from "../definitions/definitions.ts";
import { everyTurn } from "../every-turn.ts";
import type { ListedFile } from "../files.ts";
import type { Ports } from "../ports.ts";
import { type InboundMessage, isOwed, withoutFile } from "../submissions/inbound-message.ts";
import { filesOf } from "../submissions/message-files.ts";
import { inboundRetention } from "./inbound-retention.ts";
import { deleteStray, isOver, oldFiles, type SweepPorts } from "./old-files.ts";

type InboundPorts = SweepPorts & Pick<Ports, "definitions" | "inbox">;

/** What was handed in, and what was written about it. */
const CONTAINERS = ["inbox", "import-errors"] as const;

/**
 * Deletes the files that were handed in, with their error files and error lists, when the connector's time has passed
 * since their import ended; and files of these kinds that no message knows. What became of a message stays known. One
 * whose import has not ended keeps its files, whatever their age, and is reported.
 *
 * The message gives its files up first: then nobody can run it again, and only then is anything deleted. A crash leaves
 * files, by which the next sweep finds the message and goes on.
 *
 * @returns how many messages lost their files, and how many files that no message knows were deleted
 */
export async function deleteInboundFiles(
  ports: InboundPorts,
  signal: AbortSignal,
): Promise<number> {
  const daysAt = await inboundRetention(ports);
  return everyTurn(CONTAINERS, (container) =>
    everyTurn(oldFiles(ports, { container, prefix: "" }, signal), async (file) => {
      // a file with another kind of name does not belong to this sweep
      const [activityId = "", messageId = "", ...rest] = file.path.name.split("/");
      const isOurs = rest.length > 0;
      const days = daysAt(activityId);
      return isOurs && (await deleteIfDue(ports, file, { messageId, days })) ? 1 : 0;
    }),
  );
}

async function deleteIfDue(
  ports: InboundPorts,
  file: ListedFile,
  found: { messageId: string; days: number | undefined },
): Promise<boolean> {
  const { messageId } = found;
  const message = await ports.inbox.find(messageId);
  const days = found.days ?? message?.retentionDays ?? DEFAULT_RETENTION_DAYS;
  if (message === null || !filesOf(message).some(({ name }) => name === file.path.name)) {
    return deleteStray(ports, file, days);
  }
  if (isOwed(message)) {
    if (message.file.path.name === file.path.name && isOver(ports, message.receivedAt, days)) {
      const { activityId, state } = message;
      ports.log("file-overdue", { activityId, messageId, state });
    }
    return false;
  }
  const isDue = isOver(ports, message.endedAt ?? message.touchedAt, days);
  return (isDue || Boolean(message.fileDeletedAt)) && giveUp(ports, message);
}

/** @returns false when somebody has sent the message back to work meanwhile */
async function giveUp(ports: InboundPorts, message: InboundMessage): Promise<boolean> {
  const after = withoutFile(message, ports.clock.now());
  if (!(message.fileDeletedAt || (await ports.inbox.replace(message, after)))) {
    return false;
  }
  for (const path of filesOf(message)) {
    await ports.files.delete(path);
  }
  const { activityId, id: messageId, state } = message;
  ports.log("inbound-file-deleted", { activityId, messageId, state });
  return true;
}

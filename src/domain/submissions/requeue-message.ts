import { AppError } from "../errors.ts";
import { isHeld } from "../imports/retry-policy.ts";
import { sendNowOrLater } from "../imports/send-owed-imports.ts";
import type { Ports } from "../ports.ts";
import { findInboundMessage } from "./find-inbound-message.ts";
import { type InboundMessage, isOwed, requeued, resent } from "./inbound-message.ts";

type RequeuePorts = Pick<Ports, "inbox" | "files" | "runQueue" | "clock" | "ids" | "log">;

/**
 * Runs the file of a message that has failed once more, by the import's definition as it is now.
 *
 * The new run has a new execution id; the old ones still lead to the message. Rows that an earlier execution kept are
 * written again: harmless where they are told by a key, and double where they are only ever added.
 *
 * @returns the message as it is now
 * @throws AppError `message-not-found`, `message-not-failed`; `file-deleted` when its file is no longer kept
 */
export async function requeueMessage(ports: RequeuePorts, id: string): Promise<InboundMessage> {
  for (;;) {
    const message = await findInboundMessage(ports, id);
    const now = ports.clock.now();
    const again = requeued(message, { executionId: ports.ids.timeOrderedGuid(now), now });
    await requireStoredFile(ports, message);
    if (await ports.inbox.replace(message, again)) {
      const { activityId, executionId } = again;
      ports.log("message-requeued", { activityId, messageId: id, executionId });
      await sendNowOrLater(ports, again);
      return again;
    }
  }
}

/** Files can be deleted past the app, too. A message without its file would only fail once more. */
async function requireStoredFile(
  ports: Pick<Ports, "files">,
  { id, file }: InboundMessage,
): Promise<void> {
  if ((await ports.files.read(file.path)) === null) {
    throw new AppError(
      "file-deleted",
      `Cannot run message "${id}" again: its file is no longer kept; hand it in anew`,
    );
  }
}

/**
 * Sends the run that a message is owed again, without waiting for a tick to find that nothing was heard of it. A wait
 * for a target that could not be reached stays what it is, and one that is being worked on is left alone.
 *
 * @returns the message as it is now
 * @throws AppError `message-not-found`; `message-not-failed` when it is owed no run
 */
export async function resendMessage(
  ports: Omit<RequeuePorts, "files">,
  id: string,
): Promise<InboundMessage> {
  for (;;) {
    const message = await findInboundMessage(ports, id);
    if (!isOwed(message)) {
      throw new AppError(
        "message-not-failed",
        `Cannot send the run of message "${message.id}": it is ${message.state}; requeue it to run it again`,
      );
    }
    const now = ports.clock.now();
    if (isHeld(message, now)) {
      return message;
    }
    const again = resent(message, now);
    if (await ports.inbox.replace(message, again)) {
      ports.log("run-sent-again", { activityId: message.activityId, messageId: message.id });
      await sendNowOrLater(ports, again);
      return again;
    }
  }
}

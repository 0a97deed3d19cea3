import { AppError } from "../errors.ts";
import type { ActivityId } from "../ids.ts";
import type { Ports } from "../ports.ts";
import type { Message } from "./message.ts";
import type { TrackedMessage } from "./messages.ts";

/** More than ever change one message at the same moment. */
const MAX_ATTEMPTS = 100;

export interface MessageRef {
  readonly activityId: ActivityId;
  readonly messageId: string;
}

/**
 * Finds a message.
 *
 * @param verb what was to be done, for the error's text
 * @throws AppError `message-not-found`
 */
export async function findMessage(
  ports: Pick<Ports, "messages">,
  { activityId, messageId }: MessageRef,
  verb: string,
): Promise<TrackedMessage> {
  const message = await ports.messages.find(activityId, messageId);
  if (message === null) {
    throw new AppError(
      "message-not-found",
      `Cannot ${verb} message "${messageId}": it is not at this connector`,
    );
  }
  return message;
}

/**
 * Changes a message by a rule. When somebody else was faster, the rule decides anew about what they left.
 *
 * @param change.rule returns the same object when there is nothing to change
 * @returns the message as it is now
 * @throws AppError `message-not-found`, and what the rule throws
 */
export async function changeMessage(
  ports: Pick<Ports, "messages">,
  ref: MessageRef,
  change: { verb: string; rule: (message: TrackedMessage) => Message },
): Promise<Message> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const message = await findMessage(ports, ref, change.verb);
    const next = change.rule(message);
    if (next === message || (await ports.messages.replace(message, next))) {
      return next;
    }
  }
  throw new Error(
    `Cannot ${change.verb} message "${ref.messageId}": it changed ${MAX_ATTEMPTS} times meanwhile, or its rows do not fit each other`,
  );
}

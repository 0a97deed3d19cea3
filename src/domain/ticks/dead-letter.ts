import type { Ports } from "../ports.ts";

/** A message that a queue has set aside, because it was delivered too often or waited too long. */
export interface DeadLetter {
  /** The queue or subscription that set it aside. */
  readonly queue: string;
  readonly messageId: string | null;
  readonly reason: string | null;
  readonly description: string | null;
  readonly body: unknown;
}

/**
 * Tells the operator about a message that one of Waybill's own queues has set aside. Nothing is lost: messages are
 * hints. The requested work is owed in a table until it is done, and a tick does it.
 */
export function explainDeadLetter(ports: Pick<Ports, "log">, letter: DeadLetter): void {
  ports.log("dead-letter", {
    queue: letter.queue,
    messageId: letter.messageId,
    reason: letter.reason,
    description: letter.description,
    asksFor: JSON.stringify(letter.body),
    next: "nothing is lost: it is still owed, and a tick does it",
  });
}

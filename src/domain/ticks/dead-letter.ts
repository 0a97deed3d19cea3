import type { Ports } from "../ports.ts";

/** What a queue has set aside: it was handed out too often, or lay there too long. */
export interface DeadLetter {
  /** The queue, or the subscription, that set it aside. */
  readonly queue: string;
  readonly messageId: string | null;
  readonly reason: string | null;
  readonly description: string | null;
  readonly body: unknown;
}

/**
 * Tells the operator of a message that one of Waybill's own queues has set aside. Nothing is lost with it: messages are
 * hints, and what they ask for is owed in a table until it is done; a tick sees to it.
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

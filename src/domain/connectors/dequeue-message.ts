import type { ConnectorOf } from "../../contracts/definitions.ts";
import type { ActivityId } from "../../contracts/ids.ts";
import type { Ports } from "../ports.ts";
import { dequeued, isVisible, type Message } from "./message.ts";

/** Enough for many consumers to rarely choose the same message, few enough for one page of the table. */
const CANDIDATES = 32;
/** Beyond that many lost races the queue is empty for this caller: another call will find what is left. */
const ATTEMPTS = 5;

export interface Dequeued {
  readonly message: Message;
  readonly receipt: string;
  /** When it was handed out before; null the first time. */
  readonly previouslyAt: Date | null;
}

/**
 * Hands out one waiting message and hides it until it is acknowledged or its lease ends.
 *
 * Consumers that ask at the same moment get different messages: each claim is one transaction that only one of them
 * can win. An ordered connector hands out its oldest message alone.
 *
 * @returns null when nothing is waiting
 */
export async function dequeueMessage(
  ports: Pick<Ports, "messages" | "clock" | "ids">,
  input: {
    activityId: ActivityId;
    connector: Pick<ConnectorOf<"export">, "leaseSeconds" | "ordered">;
  },
): Promise<Dequeued | null> {
  const { ordered, leaseSeconds } = input.connector;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const now = ports.clock.now();
    const request = { now, limit: ordered ? 1 : CANDIDATES, ordered };
    const waiting = (await ports.messages.ready(input.activityId, request)).filter((message) =>
      isVisible(message, now),
    );
    if (waiting.length === 0) {
      return null;
    }
    for (const message of startingAnywhere(waiting, attempt, ports.ids.guid())) {
      const receipt = ports.ids.secret();
      const next = dequeued(message, { receipt, now, leaseMs: leaseSeconds * 1_000, ordered });
      if (await ports.messages.replace(message, next)) {
        return { message: next, receipt, previouslyAt: message.lastDequeuedAt };
      }
    }
  }
  return null;
}

/** The oldest first as long as nobody else is about; after a lost race from a random place, so that consumers spread. */
function startingAnywhere<Item>(items: readonly Item[], attempt: number, random: string): Item[] {
  const start = attempt === 0 ? 0 : Number.parseInt(random.slice(0, 8), 16) % items.length;
  return [...items.slice(start), ...items.slice(0, start)].slice(
    0,
    attempt === 0 ? 1 : items.length,
  );
}

import { eachDefinition } from "../definitions/each-definition.ts";
import { everyTurn } from "../every-turn.ts";
import type { Ports } from "../ports.ts";
import { type InboundMessage, resent } from "./inbound-message.ts";

/** A run that nobody began by then was perhaps never sent; each time it is sent again it is given twice as long. */
const QUEUED_STALLS_AFTER_MS = 60_000;
const MAX_QUEUED_STALLS_AFTER_MS = 60 * 60_000;
/** Longer than any lock on a run: by then the queue has handed it out again, or has given up. */
const BEGUN_STALLS_AFTER_MS = 20 * 60_000;
/** More are looked at by the next tick. */
const MAX_OWED = 1_000;

type SweepPorts = Pick<Ports, "definitions" | "inbox" | "runQueue" | "clock" | "log">;

/** Sends the run that a message is owed. */
export async function sendImportRun(
  ports: Pick<Ports, "runQueue">,
  message: InboundMessage,
): Promise<void> {
  const { activityId, id, sequence, revision } = message;
  await ports.runQueue.send({
    kind: "import",
    activityId,
    messageId: id,
    ordered: sequence !== null,
    revision,
  });
}

/**
 * Sends every run that is owed and of which nothing is heard: what a crash kept from being sent, what the queue lost,
 * what was put off and is due again. Sending a run that goes on all the same is harmless.
 *
 * Of an ordered connector only the oldest message is sent: its run goes on with those behind it.
 *
 * One connector that fails holds up no other.
 *
 * @returns how many runs were sent
 * @throws the first failure, after every connector had its turn
 */
export async function sendOwedImports(ports: SweepPorts): Promise<number> {
  return everyTurn(eachDefinition(ports, "connectors"), async ({ id, body }) =>
    body.direction === "import" ? sendOwedOf(ports, id) : 0,
  );
}

async function sendOwedOf(ports: SweepPorts, activityId: string): Promise<number> {
  const owed = await ports.inbox.owed(activityId, MAX_OWED);
  const oldestOrdered = owed.find(({ sequence }) => sequence !== null);
  const now = ports.clock.now();
  let sent = 0;
  for (const message of owed) {
    const isNext = message.sequence === null || message === oldestOrdered;
    if (isNext && hasStalled(message, now) && (await sendAgain(ports, message))) {
      sent++;
    }
  }
  return sent;
}

/** @returns false when somebody is at it after all */
async function sendAgain(ports: SweepPorts, message: InboundMessage): Promise<boolean> {
  const again = resent(message, ports.clock.now());
  if (!(await ports.inbox.replace(message, again))) {
    return false;
  }
  await sendImportRun(ports, again);
  ports.log("run-sent-again", { activityId: message.activityId, messageId: message.id });
  return true;
}

function hasStalled(message: InboundMessage, now: Date): boolean {
  const silentMs = now.getTime() - message.touchedAt.getTime();
  if (message.state !== "enqueued") {
    return silentMs > BEGUN_STALLS_AFTER_MS;
  }
  if (message.dueAt > message.touchedAt) {
    // put off, and not sent since: nothing is on its way
    return message.dueAt <= now;
  }
  const patienceMs = QUEUED_STALLS_AFTER_MS * 2 ** message.resends;
  return silentMs > Math.min(patienceMs, MAX_QUEUED_STALLS_AFTER_MS);
}

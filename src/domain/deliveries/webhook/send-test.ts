import type { SubscriptionDefinition } from "../../definitions/definitions.ts";
import { usableDefinition } from "../../definitions/find-definition.ts";
import { AppError } from "../../errors.ts";
import { isOfPattern } from "../../ids.ts";
import { type LedgerEntry, publishedFile } from "../../ledger/ledger-entry.ts";
import type { Ports } from "../../ports.ts";
import { arrived, type Delivery } from "../delivery.ts";
import { noteDue } from "../note-due.ts";
import { ownQueueOf } from "../queue-id.ts";
import { matcherOf } from "../subscription.ts";

/** Kept files of a type that are looked at. */
const MAX_FILES = 500;

type TestPorts = Pick<
  Ports,
  "definitions" | "ledger" | "deliveries" | "ownQueues" | "deliveryHints" | "clock" | "ids" | "log"
>;

/**
 * Sends a file that exists to a subscription's webhook, as a test. It takes the way of real files: the filter chooses it,
 * it waits in the subscription's queue, is signed and sent, and its attempts are recorded. Its body says that it is a
 * test, and real files do not name it as the file before them.
 *
 * @returns the delivery, which waits
 * @throws AppError `definition-not-found`, `definition-unreadable`; `file-not-found` when the subscription wants no file
 *   that is kept; `request-invalid` when it delivers in another way, is disabled or stopped
 */
export async function sendTest(ports: TestPorts, subscriptionId: string): Promise<Delivery> {
  const { id, incarnation, body } = await usableDefinition(ports, "subscriptions", subscriptionId);
  const queueId = ownQueueOf({ id, incarnation });
  const { stopped = null } = (await ports.ownQueues.find(queueId)) ?? {};
  const obstacle = obstacleOf(body, stopped?.because ?? null);
  if (obstacle !== null) {
    throw new AppError("request-invalid", `Cannot test subscription "${id}": it ${obstacle}`);
  }
  const entry = await wantedFile(ports, body);
  if (entry === null) {
    throw new AppError(
      "file-not-found",
      `Cannot test subscription "${id}": no file that is kept has its file types and passes its filter; run an export first`,
    );
  }
  const now = ports.clock.now();
  const origin = `test|${ports.ids.guid()}`;
  const file = publishedFile(entry);
  const waiting = arrived({ queueId, subscriptionId: id, origin, file, now });
  const delivery: Delivery = { ...waiting, isTest: true };
  await ports.deliveries.insert(delivery);
  await noteDue(ports, queueId, now); // C29
  return delivery;
}

/** @returns a text that completes "it " when no test can be sent */
function obstacleOf(
  { via, enabled }: SubscriptionDefinition,
  stopped: string | null,
): string | null {
  if (via.kind !== "webhook") {
    return `delivers by ${via.kind}, and only a webhook is called`;
  }
  if (!enabled) {
    return "is disabled";
  }
  return stopped === null ? null : `is stopped, because ${stopped}; resume it first`;
}

/** The last of the oldest kept files that a subscription wants. */
async function wantedFile(
  { ledger }: Pick<Ports, "ledger">,
  body: SubscriptionDefinition,
): Promise<LedgerEntry | null> {
  const wants = matcherOf(body);
  for (const fileType of await ledger.fileTypes()) {
    if (body.fileTypes.some((pattern) => isOfPattern(fileType, pattern))) {
      const found = (await ledger.kept(fileType, MAX_FILES)).findLast(wants);
      if (found !== undefined) {
        return found;
      }
    }
  }
  return null;
}

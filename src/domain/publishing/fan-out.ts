import type { FileAvailableEvent } from "../../contracts/file-available.ts";
import { arrived, expired, originOf } from "../connectors/message.ts";
import { eachDefinition } from "../definitions/each-definition.ts";
import { AppError } from "../errors.ts";
import type { Ports } from "../ports.ts";
import type { PublishedFile } from "./ledger-entry.ts";
import { matches } from "./subscription.ts";

/**
 * Hands a published file to every subscription that it matches: a message at each connector.
 *
 * The ledger decides what the file is, not the event. A message's id follows from the connector and the ledger entry,
 * so that an event which arrives twice changes nothing.
 *
 * @returns how many messages were new
 * @throws AppError `ledger-entry-not-found` when the ledger has no such entry
 */
export async function fanOut(
  ports: Pick<Ports, "definitions" | "ledger" | "messages" | "clock" | "log">,
  event: FileAvailableEvent,
): Promise<number> {
  const { blobType, properties } = event;
  const entry = await ports.ledger.find(blobType, properties.sequence);
  if (entry === null) {
    throw new AppError(
      "ledger-entry-not-found",
      `Cannot fan out file ${properties.sequence} of "${blobType}": the ledger has no such entry`,
    );
  }
  const { nextCursor: _, originId: __, deletedAt, ...file } = entry;
  const activityIds = new Set<string>();
  for await (const subscription of eachDefinition(ports, "subscriptions")) {
    if (matches(subscription.body, file)) {
      activityIds.add(subscription.body.via.activityId);
    }
  }
  let inserted = 0;
  for (const activityId of activityIds) {
    inserted += (await putAtConnector(ports, activityId, { file, isKept: deletedAt === null }))
      ? 1
      : 0;
  }
  return inserted;
}

async function putAtConnector(
  ports: Pick<Ports, "messages" | "clock" | "log">,
  activityId: string,
  { file, isKept }: { file: PublishedFile; isKept: boolean },
): Promise<boolean> {
  const now = ports.clock.now();
  const waiting = arrived({ activityId, origin: originOf(file), file, now });
  // an event that comes when its file was deleted already: nobody must be handed it, and the operator must know
  const message = isKept ? waiting : expired(waiting, now);
  const isNew = await ports.messages.insert(message);
  if (isNew) {
    ports.log("message-enqueued", {
      activityId,
      messageId: message.id,
      fileType: file.fileType,
      sequence: file.sequence,
    });
  }
  return isNew;
}

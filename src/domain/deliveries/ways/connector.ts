import { z } from "zod";
import { ConnectorId } from "../../ids.ts";
import { publishedFile } from "../../ledger/ledger-entry.ts";
import { arrived, type Delivery, expired } from "../delivery.ts";
import { originOf } from "../delivery-id.ts";
import { queueFacts } from "../queue-id.ts";
import { PROMPT } from "./own-queue.ts";
import type { Way, WayPorts } from "./way.ts";

export const ViaConnector = z.strictObject({
  kind: z
    .literal("connector")
    .describe("As deliveries at a connector, where the partner takes them."),
  connectorId: ConnectorId.describe("The connector."),
});
type ViaConnector = z.infer<typeof ViaConnector>;

/** The file waits at a connector, until the partner takes it. */
export const connectorWay: Way<ViaConnector> = {
  deliver: async (ports, { id, via: { connectorId } }, entry) => {
    const now = ports.clock.now();
    const file = publishedFile(entry);
    const waiting = arrived({
      queueId: connectorId,
      subscriptionId: id,
      origin: originOf(file),
      file,
      now,
    });
    // the file was deleted already: nobody may be handed it, and the operator must know
    const delivery = entry.deletedAt === null ? waiting : expired(waiting, now);
    return { queueId: connectorId, isNew: await put(ports, delivery) };
  },

  pace: () => PROMPT,

  // files that waited for another way when the subscription changed
  bring: async (ports, { id, via: { connectorId } }, { file }) => {
    const origin = originOf(file);
    const now = ports.clock.now();
    await put(ports, arrived({ queueId: connectorId, subscriptionId: id, origin, file, now }));
    return { outcome: "delivered", attempt: { status: null, answer: null, failure: null } };
  },

  problems: async (ports, { connectorId }) => {
    const connector = await ports.definitions.find("connectors", connectorId);
    return connector?.body.direction === "export"
      ? []
      : [
          {
            field: "via.connectorId",
            message: "is not the id of a connector that gives files out",
          },
        ];
  },

  connectorOf: ({ connectorId }) => connectorId,
};

/** @returns whether it is new */
async function put(ports: WayPorts, delivery: Delivery): Promise<boolean> {
  // C21
  if (!(await ports.deliveries.insert(delivery))) {
    return false;
  }
  const { queueId, id: deliveryId, file } = delivery;
  const { fileType, sequence } = file;
  ports.log("delivery-enqueued", { ...queueFacts(queueId), deliveryId, fileType, sequence });
  return true;
}

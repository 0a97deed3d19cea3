import { z } from "zod";
import { ConnectorId } from "../../ids.ts";
import { publishedFile } from "../../ledger/ledger-entry.ts";
import { arrived, expired, originOf } from "../delivery.ts";
import type { Way } from "./way.ts";

export const ViaConnector = z.strictObject({
  kind: z
    .literal("connector")
    .describe("As deliveries at a connector, where the partner takes them."),
  connectorId: ConnectorId.describe("The connector."),
});
type ViaConnector = z.infer<typeof ViaConnector>;

/** The file waits at a connector, until the partner takes it. */
export const connectorWay: Way<ViaConnector> = {
  deliver: async (ports, { via: { connectorId } }, entry) => {
    const now = ports.clock.now();
    const file = publishedFile(entry);
    const waiting = arrived({ queueId: connectorId, origin: originOf(file), file, now });
    // the file was deleted already: nobody may be handed it, and the operator must know
    const delivery = entry.deletedAt === null ? waiting : expired(waiting, now);
    // C21
    if (!(await ports.deliveries.insert(delivery))) {
      return false;
    }
    ports.log("delivery-enqueued", {
      connectorId,
      deliveryId: delivery.id,
      fileType: file.fileType,
      sequence: file.sequence,
    });
    return true;
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

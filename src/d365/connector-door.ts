import type { ConnectorOf, Direction } from "../domain/definitions/definitions.ts";
import { openConnector } from "../domain/deliveries/open-connector.ts";
import { ConnectorId } from "../domain/ids.ts";
import type { CallHead, DoorPorts, Tag } from "../functions/http/door.ts";
import { parseRequest } from "../functions/http/parse-request.ts";

const TAGS: Readonly<Record<Direction, Tag>> = {
  export: { name: "Pull", description: "Partners take files: dequeue, download, acknowledge." },
  import: { name: "Send files", description: "Partners send files." },
};

/** Refusals that concern the connector itself. */
export const CONNECTOR_REFUSALS = {
  400: "The request cannot be read, or the connector is one of the other direction.",
  404: "There is no such connector, or it is another application's.",
  500: "The app failed while it answered: repeat the request, and if it fails again, tell the operator its `instance`. Or the connector id is all zeros, which the connection check of existing clients takes for success.",
} as const;

/** Connector and caller of a door. */
export interface OpenConnector<Way extends Direction> {
  readonly connectorId: ConnectorId;
  readonly connector: ConnectorOf<Way>;
}

/**
 * Parts that all doors of the connector API share: the address, and the connector, which is opened for the caller
 * first.
 */
export const atConnector = <const Verb extends string, Way extends Direction>(
  verb: Verb,
  direction: Way,
) => ({
  id: `connector-${verb}`,
  path: `/api/connector/${verb}/{activityId}` as const,
  isPrefixed: true,
  tag: TAGS[direction],
  caller: "partner" as const,
  params: {
    activityId: ConnectorId.describe("The connector's id; may stand in braces, and in any case."),
  },
  refusals: CONNECTOR_REFUSALS,
  subject: async (
    ports: DoorPorts,
    { caller: { applicationId }, params }: CallHead<"activityId">,
  ): Promise<OpenConnector<Way>> => {
    const connectorId = parseRequest(ConnectorId, params.activityId);
    const connector = await openConnector(ports, { connectorId, applicationId, direction });
    return { connectorId, connector };
  },
});

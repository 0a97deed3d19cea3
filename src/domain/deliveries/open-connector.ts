import type { ConnectorOf, Direction } from "../definitions/definitions.ts";
import {
  namesApplication,
  requireKnownApplication,
} from "../definitions/require-known-application.ts";
import { AppError } from "../errors.ts";
import { type ConnectorId, ZERO_GUID } from "../ids.ts";
import type { Ports, UnreadableDefinition } from "../ports.ts";

/**
 * Finds the connector that an application wants to use. Only this function decides whether it may.
 *
 * If some definition names the application, a connector of others looks exactly as if it did not exist. An application
 * that no definition names gets a distinct error.
 *
 * @param input.direction `export`: to pull files; `import`: to send files
 * @throws AppError `connector-not-found`, `application-unknown`, `connector-direction-wrong`, and `connector-id-zero` for
 *   the connection check of existing clients; `definition-unreadable` until an operator mends the connector
 */
export async function openConnector<Way extends Direction>(
  ports: Pick<Ports, "definitions">,
  input: { connectorId: ConnectorId; applicationId: string; direction: Way },
): Promise<ConnectorOf<Way>> {
  const { connectorId, applicationId, direction } = input;
  const connector = await ports.definitions.findAny("connectors", connectorId);
  if (connector !== null && "unreadable" in connector) {
    requireOtherApplication(connector, applicationId);
  } else if (connector?.body.enabled && connector.body.applications.includes(applicationId)) {
    if (connector.body.direction !== direction) {
      throw new AppError("connector-direction-wrong", WRONG_WAY[direction](connectorId));
    }
    return connector.body as ConnectorOf<Way>;
  }
  await requireKnownApplication(ports, applicationId);
  if (connectorId === ZERO_GUID) {
    throw new AppError(
      "connector-id-zero",
      "Cannot use activity 00000000-0000-0000-0000-000000000000: it is only for checking the connection, and the connection works",
    );
  }
  throw new AppError(
    "connector-not-found",
    `Cannot find connector "${connectorId}": there is none that this application may use`,
  );
}

/**
 * @throws AppError `definition-unreadable` when the connector is the application's: it works again when it is mended
 */
function requireOtherApplication(connector: UnreadableDefinition, applicationId: string): void {
  if (namesApplication(connector, applicationId)) {
    throw new AppError(
      "definition-unreadable",
      `Cannot use connector "${connector.id}" now: its definition has to be mended; tell the operator, and try again later`,
    );
  }
}

const WRONG_WAY: Readonly<Record<Direction, (connectorId: string) => string>> = {
  export: (id) => `Cannot take files from connector "${id}": partners send files there`,
  import: (id) => `Cannot send files to connector "${id}": partners take files there`,
};

import type { ConnectorDefinition } from "../../contracts/definitions.ts";
import { type ActivityId, ZERO_GUID } from "../../contracts/ids.ts";
import { AppError } from "../errors.ts";
import type { Ports } from "../ports.ts";

/**
 * Finds the connector that an application wants to use; the one place that decides whether it may.
 *
 * To an application that some connector knows, a connector of others looks exactly like one that does not exist. One
 * that no connector knows is told so, because existing clients explain that answer to their users.
 *
 * @throws AppError `connector-not-found`, `application-unknown`, and `activity-id-zero` for the connection check of
 *   existing clients
 */
export async function openConnector(
  ports: Pick<Ports, "definitions">,
  input: { activityId: ActivityId; applicationId: string },
): Promise<ConnectorDefinition> {
  const { activityId, applicationId } = input;
  const connector = await ports.definitions.find("connectors", activityId);
  if (connector?.body.enabled && connector.body.applications.includes(applicationId)) {
    return connector.body;
  }
  await requireKnownApplication(ports, applicationId);
  if (activityId === ZERO_GUID) {
    throw new AppError(
      "activity-id-zero",
      "Cannot use activity 00000000-0000-0000-0000-000000000000: it is only for checking the connection, and the connection works",
    );
  }
  throw new AppError(
    "connector-not-found",
    `Cannot find connector "${activityId}": there is none that this application may use`,
  );
}

async function requireKnownApplication(
  ports: Pick<Ports, "definitions">,
  applicationId: string,
): Promise<void> {
  for await (const connector of ports.definitions.all("connectors")) {
    if (connector.body.applications.includes(applicationId)) {
      return;
    }
  }
  throw new AppError(
    "application-unknown",
    `Cannot let application "${applicationId}" in: no connector names it; ask the operator to add it to a connector's "applications"`,
  );
}

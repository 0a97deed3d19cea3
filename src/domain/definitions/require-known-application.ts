import { AppError } from "../errors.ts";
import type { Ports, UnreadableDefinition } from "../ports.ts";

/**
 * Refuses an application that no definition names. The error is distinct, because existing clients explain it to their
 * users.
 *
 * @throws AppError `application-unknown`
 */
export async function requireKnownApplication(
  ports: Pick<Ports, "definitions">,
  applicationId: string,
): Promise<void> {
  for await (const connector of ports.definitions.all("connectors")) {
    const isKnown =
      "unreadable" in connector
        ? namesApplication(connector, applicationId)
        : connector.body.applications.includes(applicationId);
    if (isKnown) {
      return;
    }
  }
  for await (const definition of ports.definitions.all("exports")) {
    const isKnown =
      "unreadable" in definition
        ? namesApplication(definition, applicationId)
        : definition.body.packageApi?.applications.includes(applicationId);
    if (isKnown) {
      return;
    }
  }
  throw new AppError(
    "application-unknown",
    `Cannot let application "${applicationId}" in: no connector names it; ask the operator to add it to a connector's "applications"`,
  );
}

/** Whether an unreadable definition names the application, as far as can be found out. */
export function namesApplication({ body }: UnreadableDefinition, applicationId: string): boolean {
  return (JSON.stringify(body) ?? "").toLowerCase().includes(`"${applicationId}"`);
}

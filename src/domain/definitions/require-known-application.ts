import { AppError } from "../errors.ts";
import type { Ports } from "../ports.ts";

/**
 * An application that no definition knows is told so, because existing clients explain that answer to their users.
 *
 * @throws AppError `application-unknown`
 */
export async function requireKnownApplication(
  ports: Pick<Ports, "definitions">,
  applicationId: string,
): Promise<void> {
  for await (const { body } of ports.definitions.all("connectors")) {
    if (body.applications.includes(applicationId)) {
      return;
    }
  }
  for await (const { body } of ports.definitions.all("exports")) {
    if (body.packageApi?.applications.includes(applicationId)) {
      return;
    }
  }
  throw new AppError(
    "application-unknown",
    `Cannot let application "${applicationId}" in: no connector names it; ask the operator to add it to a connector's "applications"`,
  );
}

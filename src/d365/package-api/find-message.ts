import { eachDefinition } from "../../domain/definitions/each-definition.ts";
import { requireKnownApplication } from "../../domain/definitions/require-known-application.ts";
import { AppError } from "../../domain/errors.ts";
import { Guid } from "../../domain/ids.ts";
import type { Ports } from "../../domain/ports.ts";
import type { MessageStatus } from "../d365-status.ts";
import { type FindPorts, type Lookup, lookUpExecution, partnersId } from "./find-execution.ts";
import { runStatus, submissionStatus, waitingFileStatus } from "./status-vocabularies.ts";

/**
 * How far a message is: one that was received, one that waits at a connector; or the execution, when its id is given.
 *
 * @throws AppError `submission-not-found`, `application-unknown`
 */
export async function messageStatus(
  ports: FindPorts & Pick<Ports, "deliveries">,
  lookup: Lookup,
): Promise<MessageStatus> {
  const found = await lookUpExecution(ports, lookup);
  if (found !== null) {
    return (found.kind === "import" ? submissionStatus(found.submission) : runStatus(found.run))
      .message;
  }
  return (await waitingFileStatusOf(ports, lookup)) ?? notFound(ports, lookup);
}

/**
 * The execution id that a message led to, as the partner knows it: by its own name, if it gave one.
 *
 * @throws AppError `submission-not-found`, `application-unknown`
 */
export async function executionIdOf(ports: FindPorts, lookup: Lookup): Promise<string> {
  const found = await lookUpExecution(ports, lookup);
  return found === null ? notFound(ports, lookup) : partnersId(found);
}

/** Messages are found within their connector only: looks at each that the application may pull from. */
async function waitingFileStatusOf(
  ports: Pick<Ports, "definitions" | "deliveries">,
  { applicationId, id }: Lookup,
): Promise<MessageStatus | null> {
  const messageId = Guid.safeParse(id);
  if (!messageId.success) {
    return null;
  }
  for await (const { id: connectorId, body } of eachDefinition(ports, "connectors")) {
    const { direction, enabled, applications } = body;
    if (direction === "export" && enabled && applications.includes(applicationId)) {
      const delivery = await ports.deliveries.find(connectorId, messageId.data);
      if (delivery !== null) {
        return waitingFileStatus(delivery);
      }
    }
  }
  return null;
}

async function notFound(
  ports: Pick<Ports, "definitions">,
  { applicationId, id }: Lookup,
): Promise<never> {
  await requireKnownApplication(ports, applicationId);
  throw new AppError(
    "submission-not-found",
    `Message details were not found for message id: ${id}`,
  );
}

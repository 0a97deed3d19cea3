import { eachDefinition } from "../definitions/each-definition.ts";
import type { Ports } from "../ports.ts";

/** Days for which each connector keeps received files; undefined: the connector was deleted, or cannot be read. */
export async function submissionRetention(
  ports: Pick<Ports, "definitions">,
): Promise<(connectorId: string) => number | undefined> {
  const days = new Map<string, number>();
  for await (const { id, body } of eachDefinition(ports, "connectors")) {
    if (body.direction === "import") {
      days.set(id, body.retentionDays);
    }
  }
  return (connectorId) => days.get(connectorId);
}

import { DEFAULT_RETENTION_DAYS } from "../../contracts/definitions.ts";
import { eachDefinition } from "../definitions/each-definition.ts";
import type { Ports } from "../ports.ts";

/** For how many days each connector keeps what is handed in; one that was deleted has the default. */
export async function inboundRetention(
  ports: Pick<Ports, "definitions">,
): Promise<(activityId: string) => number> {
  const days = new Map<string, number>();
  for await (const { id, body } of eachDefinition(ports, "connectors")) {
    if (body.direction === "import") {
      days.set(id, body.retentionDays);
    }
  }
  return (activityId) => days.get(activityId) ?? DEFAULT_RETENTION_DAYS;
}

import type { Ports } from "../ports.ts";
import type { Submission } from "./submission.ts";

/**
 * Finds the submissions with the mended rows of these.
 *
 * @returns children by the parent's id, the oldest first; a parent without children is missing
 */
export async function findChildren(
  ports: Pick<Ports, "submissions">,
  parents: readonly Submission[],
): Promise<ReadonlyMap<string, readonly Submission[]>> {
  const children: Submission[] = [];
  for (const [connectorId, ofConnector] of Map.groupBy(parents, (parent) => parent.connectorId)) {
    // a submission that was processed without an error has nothing to mend
    const ids = ofConnector.filter(({ state }) => state !== "processed").map(({ id }) => id);
    children.push(...(await ports.submissions.children(connectorId, ids)));
  }
  return Map.groupBy(children, ({ parentId }) => parentId ?? "");
}

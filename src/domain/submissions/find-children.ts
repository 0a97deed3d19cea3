import type { Ports } from "../ports.ts";
import type { InboundMessage } from "./inbound-message.ts";

/**
 * Finds the messages that brought mended rows of these.
 *
 * @returns by the parent's id, the oldest first; a parent without any is not there
 */
export async function findChildren(
  ports: Pick<Ports, "inbox">,
  parents: readonly InboundMessage[],
): Promise<ReadonlyMap<string, readonly InboundMessage[]>> {
  const children: InboundMessage[] = [];
  for (const [activityId, ofConnector] of Map.groupBy(parents, (parent) => parent.activityId)) {
    // what was processed without an error has nothing to mend
    const ids = ofConnector.filter(({ state }) => state !== "processed").map(({ id }) => id);
    children.push(...(await ports.inbox.children(activityId, ids)));
  }
  return Map.groupBy(children, ({ parentId }) => parentId ?? "");
}

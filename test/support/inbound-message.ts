import { randomUUID } from "node:crypto";
import { type InboundMessage, received } from "../../src/domain/submissions/inbound-message.ts";
import { randomIds } from "../../src/stores/random-ids.ts";

/** A file that was just handed in at a connector of its own. */
export function anInboundMessage(facts: Partial<InboundMessage> = {}): InboundMessage {
  const { activityId = randomUUID(), receivedAt = new Date("2026-03-01T10:00:00Z") } = facts;
  return {
    ...received({
      activityId,
      receivedAt,
      id: randomIds.timeOrderedGuid(receivedAt),
      clientExecutionId: null,
      importId: "items",
      content: "file",
      file: {
        path: { container: "inbox", name: `${activityId}/${randomUUID()}` },
        bytes: 10,
        sha256: "0".repeat(64),
      },
      externalId: "items.csv",
      entity: "Items",
      company: null,
      parentId: null,
      applicationId: "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11",
    }),
    ...facts,
  };
}

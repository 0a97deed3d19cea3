import { randomUUID } from "node:crypto";
import { received, type Submission } from "../../src/domain/submissions/submission.ts";
import { randomIds } from "../../src/stores/random-ids.ts";

/** A file that was just received at a connector of its own. */
export function aSubmission(facts: Partial<Submission> = {}): Submission {
  const { connectorId = randomUUID(), receivedAt = new Date("2026-03-01T10:00:00Z") } = facts;
  return {
    ...received({
      connectorId,
      receivedAt,
      id: randomIds.timeOrderedGuid(receivedAt),
      clientExecutionId: null,
      importId: "items",
      content: "file",
      file: {
        path: { container: "inbox", name: `${connectorId}/${randomUUID()}` },
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

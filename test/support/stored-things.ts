import { randomUUID } from "node:crypto";
import type { Deletion, DraftDefinition } from "../../src/domain/definitions/definition-store.ts";
import {
  ConnectorDefinition,
  type DefinitionKind,
} from "../../src/domain/definitions/definitions.ts";
import { arrived, type Delivery } from "../../src/domain/deliveries/delivery.ts";
import type { Run, Slot } from "../../src/domain/exports/run.ts";
import type { EntryDraft } from "../../src/domain/ledger/ledger-entry.ts";
import { randomIds } from "../../src/stores/random-ids.ts";
import { aFile } from "./file.ts";

const NOW = new Date("2026-03-01T10:00:00Z");

/** A delivery that was just put at a connector of its own. */
export function aDelivery(facts: Partial<Delivery> = {}, sequence = 1): Delivery {
  const queueId = facts.queueId ?? randomUUID();
  const origin = `Shop.ItemChanges|${sequence}`;
  return { ...arrived({ queueId, origin, file: aFile({ sequence }), now: NOW }), ...facts };
}

/** A run of an export of its own that waits for its turn. */
export function aRun(facts: Partial<Run> = {}): Run {
  return {
    exportId: `export-${randomUUID()}`,
    runId: randomIds.timeOrderedGuid(facts.queuedAt ?? NOW),
    fileType: "Shop.ItemChanges",
    state: "queued",
    trigger: "schedule",
    dueAt: NOW,
    queuedAt: NOW,
    startedAt: null,
    endedAt: null,
    attempts: 0,
    postponements: 0,
    nextAttemptAt: null,
    continuations: 0,
    checkpoint: null,
    mode: "incremental",
    written: [],
    result: null,
    failure: null,
    ...facts,
  };
}

/** The slot that led to a run; each call is a claim of its own. */
export function aSlot(run: Run, facts: Partial<Slot> = {}): Slot {
  const dueAt = run.dueAt ?? NOW;
  return {
    exportId: run.exportId,
    dueAt,
    outcome: "ran",
    reason: null,
    runId: run.runId,
    claimedAt: NOW,
    claimId: randomUUID(),
    count: 1,
    throughAt: dueAt,
    ...facts,
  };
}

/** An entry without a number, of a file type of its own and an origin of its own. */
export function anEntryDraft(facts: Partial<EntryDraft> = {}): EntryDraft {
  const { sequence: _, ...file } = aFile({ fileType: aFileType() });
  return { ...file, originId: randomUUID(), nextCursor: null, ...facts };
}

/** A file type that no other test has. */
export function aFileType(): string {
  return `Test.T${randomUUID().replaceAll("-", "")}`;
}

/** A draft of the definition of a new connector. */
export function aConnector(facts: { id?: string; name?: string } = {}) {
  const { id = randomUUID(), name = "Partner" } = facts;
  const body = ConnectorDefinition.parse({
    name: "Partner",
    direction: "export",
    applications: ["0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11"],
  });
  return {
    id,
    body: { ...body, name },
    updatedAt: NOW,
    scheduleSince: NOW,
    incarnation: "",
    updatedBy: "operator",
  };
}

/** All that an iterable gives. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) {
    found.push(item);
  }
  return found;
}

/** Members, besides id and body, of a definition that was first saved at this time. */
export function savedAt(now: Date): Omit<DraftDefinition<DefinitionKind>, "id" | "body"> {
  return { updatedAt: now, scheduleSince: now, incarnation: "", updatedBy: "operator" };
}

/** A deletion of a definition of this version; by default of any version. */
export function aDeletion(etag = "*"): Deletion {
  return { etag, applicationId: "operator", at: NOW };
}

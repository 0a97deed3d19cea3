import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { deleteDefinition } from "../../../src/domain/definitions/delete-definition.ts";
import { saveDefinition } from "../../../src/domain/definitions/save-definition.ts";
import type { Connections } from "../../../src/domain/source.ts";
import { randomIds } from "../../../src/stores/random-ids.ts";
import { connectorBody } from "../../support/definition-bodies.ts";
import { useFaultyStorage } from "../../support/faulty-storage.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { NO_FILES } from "../../support/no-files.ts";

const storage = useFaultyStorage();

const connections: Connections = {
  get: () => ({ kind: "postgres", connectionString: "postgres://host/shop" }),
};
const clock = manualClock("2026-03-01T10:00:00Z");

function ofConnector(id: string) {
  return { kind: "connectors", id, applicationId: "operator" } as const;
}

function save(id: string, name: string, condition: string | null) {
  const { definitions } = storage.direct;
  const input = { ...ofConnector(id), body: connectorBody({ name }), condition };
  return saveDefinition({ ...NO_FILES, definitions, clock, ids: randomIds, connections }, input);
}

/** The callers that succeeded, and the refusals of the others. */
async function race<Outcome>(runners: readonly Promise<Outcome>[]) {
  const outcomes = await Promise.allSettled(runners);
  return {
    won: outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
    told: new Set(outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []))),
  };
}

const TEN = Array.from({ length: 10 }, (_, index) => `Partner ${index}`);

test("of ten who create one definition at once one succeeds", async () => {
  const id = randomUUID();

  const { won, told } = await race(TEN.map((name) => save(id, name, null)));

  expect(won).toHaveLength(1);
  expect(won[0]?.isNew).toBe(true);
  expect(told).toEqual(new Set(["definition-changed"]));
  expect(await storage.direct.definitions.find("connectors", id)).toEqual(won[0]?.definition);
});

test("of ten who replace one version at once one succeeds", async () => {
  const id = randomUUID();
  const { definition } = await save(id, "First", null);

  const { won, told } = await race(TEN.map((name) => save(id, name, definition.etag)));

  expect(won).toHaveLength(1);
  expect(told).toEqual(new Set(["definition-changed"]));
  expect(await storage.direct.definitions.find("connectors", id)).toEqual(won[0]?.definition);
});

test("of five who ask for no version all succeed, one after the other, and one of them made it", async () => {
  const id = randomUUID();

  const { won } = await race(TEN.slice(0, 5).map((name) => save(id, name, "*")));

  expect(won).toHaveLength(5);
  expect(won.filter(({ isNew }) => isNew)).toHaveLength(1);
  const names = won.map(({ definition }) => definition.body.name);
  const last = await storage.direct.definitions.find("connectors", id);
  expect(names).toContain(last?.body.name);
});

test("of one who replaces a version and one who deletes it one succeeds", async () => {
  const { definitions } = storage.direct;
  const id = randomUUID();
  const { definition } = await save(id, "First", null);
  const ports = {
    definitions,
    clock,
    submissions: { owed: async () => [] },
  } as unknown as Parameters<typeof deleteDefinition>[0];

  const { won, told } = await race<unknown>([
    save(id, "Second", definition.etag),
    deleteDefinition(ports, { ...ofConnector(id), condition: definition.etag }),
  ]);

  expect(won).toHaveLength(1);
  expect([...told]).toEqual([expect.stringMatching(/^definition-(changed|not-found)$/)]);
  const kept = await definitions.find("connectors", id);
  expect(kept === null || kept.body.name === "Second").toBe(true);
});

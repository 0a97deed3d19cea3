import { beforeEach, expect, test } from "vitest";
import { definitionHistory } from "../../../src/domain/definitions/definition-history.ts";
import type { Definitions } from "../../../src/domain/definitions/definition-store.ts";
import { saveDefinition } from "../../../src/domain/definitions/save-definition.ts";
import type { Connections } from "../../../src/domain/source.ts";
import { randomIds } from "../../../src/stores/random-ids.ts";
import { exportBody } from "../../support/definition-bodies.ts";
import { type ManualClock, manualClock } from "../../support/manual-clock.ts";
import { NO_FILES } from "../../support/no-files.ts";
import { aDeletion } from "../../support/stored-things.ts";
import { versionedDefinitions } from "../../support/versioned-definitions.ts";

const connections: Connections = {
  get: () => ({ kind: "postgres", connectionString: "postgres://host/shop" }),
};
let definitions: Definitions;
let clock: ManualClock;

beforeEach(() => {
  definitions = versionedDefinitions();
  clock = manualClock("2026-03-01T10:00:00Z");
});

function save(members: object, condition: string | null = "*") {
  const input = { kind: "exports", id: "items", applicationId: "operator" } as const;
  return saveDefinition(
    { ...NO_FILES, definitions, clock, ids: randomIds, connections },
    { ...input, body: exportBody(members), condition },
  );
}

function history(limit = 100, after: string | null = null) {
  const page = { limit, after };
  return definitionHistory({ definitions }, { kind: "exports", id: "items", page });
}

test("definitionHistory names what each replacement changed, also the oldest one of a page", async () => {
  await save({});
  await save({ description: "new" });
  const { changed } = await save({ compression: "none", schedule: { cron: "5 * * * *" } });
  await definitions.delete("exports", "items", aDeletion());

  expect([...changed].sort()).toEqual(["compression", "description", "schedule"]);
  const first = await history(2);
  expect(first.items.map(({ action, changed: names }) => [action, [...names].sort()])).toEqual([
    ["deleted", []],
    ["replaced", ["compression", "description", "schedule"]],
  ]);
  expect(first.next).toBe("3");
  const second = await history(2, first.next);
  expect(second.items.map(({ action, changed: names }) => [action, names])).toEqual([
    ["replaced", ["description"]],
    ["created", []],
  ]);
  expect(second.next).toBeNull();
});

test("a request that changes nothing makes no change: same version, same ETag, no history", async () => {
  const { definition: before } = await save({ description: "new" });
  clock.set("2026-03-01T11:00:00Z");

  const any = await save({ description: "new" });
  const ofVersion = await save({ description: "new" }, before.etag);

  for (const outcome of [any, ofVersion]) {
    expect(outcome).toEqual({ definition: before, isNew: false, changed: [] });
  }
  expect((await history()).items).toHaveLength(1);
});

test("a request that changes nothing is still refused when its condition does not hold", async () => {
  const { definition: before } = await save({});
  await save({ description: "new" });

  const changed = { code: "definition-changed" };
  await expect(save({ description: "new" }, before.etag)).rejects.toMatchObject(changed);
  await expect(save({ description: "new" }, null)).rejects.toMatchObject(changed);
});

test("a history that never was is not found; one that is empty is that of an older app", async () => {
  await expect(history()).rejects.toMatchObject({ code: "definition-not-found" });

  const older = { ...definitions, history: async () => [] };
  await save({});
  const input = { kind: "exports", id: "items", page: { limit: 5, after: null } } as const;

  expect(await definitionHistory({ definitions: older }, input)).toEqual({ items: [], next: null });
});

test.each(["0", "-1", "x", "1.5", "", "99999999999"])(
  "after=%j is not a next of a page",
  async (after) => {
    await save({});

    await expect(history(5, after)).rejects.toMatchObject({ code: "request-invalid" });
  },
);

import { beforeEach, expect, test } from "vitest";
import type { Definitions } from "../../../src/domain/definitions/definition-store.ts";
import { saveDefinition } from "../../../src/domain/definitions/save-definition.ts";
import type { Connections } from "../../../src/domain/source.ts";
import { randomIds } from "../../../src/stores/random-ids.ts";
import { CONNECTOR_ID, connectorBody, exportBody } from "../../support/definition-bodies.ts";
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

const ITEMS = { kind: "exports", id: "items", applicationId: "operator" } as const;
const IDS = { connectors: CONNECTOR_ID, exports: "items" };

function save(kind: keyof typeof IDS, body: unknown, condition: string | null = "*") {
  const input = { kind, id: IDS[kind], body, condition, applicationId: "operator" };
  return saveDefinition({ ...NO_FILES, definitions, clock, ids: randomIds, connections }, input);
}

test("a schedule counts from when it became what it is, and other changes leave that alone", async () => {
  const since = async (body: unknown) =>
    (await save("exports", body)).definition.scheduleSince.toISOString();

  expect(await since(exportBody())).toBe("2026-03-01T10:00:00.000Z");
  clock.set("2026-03-01T11:00:00Z");
  expect(await since(exportBody({ description: "new" }))).toBe("2026-03-01T10:00:00.000Z");
  expect(await since(exportBody({ schedule: { cron: "5 * * * *" } }))).toBe(
    "2026-03-01T11:00:00.000Z",
  );
});

test("a definition keeps its incarnation as long as it exists, and has another when it is created again", async () => {
  const incarnation = async () => (await save("exports", exportBody())).definition.incarnation;

  const created = await incarnation();
  await save("exports", exportBody({ description: "new" }));
  const updated = await incarnation();
  await definitions.delete("exports", "items", aDeletion());
  const recreated = await incarnation();

  expect(created).not.toBe("");
  expect(updated).toBe(created);
  expect(recreated).not.toBe(created);
});

test("a definition that must not exist, or must be one version, is left alone otherwise", async () => {
  const changed = { code: "definition-changed" };
  const { definition: first } = await save("connectors", connectorBody(), null);
  const renamed = connectorBody({ name: "Renamed" });
  const { definition: second } = await save("connectors", renamed, first.etag);

  await expect(save("connectors", connectorBody(), null)).rejects.toMatchObject(changed);
  await expect(save("connectors", connectorBody(), first.etag)).rejects.toMatchObject(changed);
  await expect(save("exports", exportBody(), first.etag)).rejects.toMatchObject(changed);
  expect(await definitions.find("connectors", CONNECTOR_ID)).toEqual(second);
});

test("who asks for no version writes over what came in between, by what is there then", async () => {
  await save("exports", exportBody());
  clock.set("2026-03-01T11:00:00Z");
  let isFirst = true;
  const interrupted: Definitions = {
    ...definitions,
    put: async (kind, definition, condition) => {
      if (isFirst) {
        isFirst = false;
        await save("exports", exportBody({ schedule: { cron: "5 * * * *" } }));
        clock.set("2026-03-01T12:00:00Z");
      }
      return definitions.put(kind, definition, condition);
    },
  };

  const { definition } = await saveDefinition(
    { ...NO_FILES, definitions: interrupted, clock, ids: randomIds, connections },
    { ...ITEMS, body: exportBody({ description: "last" }), condition: "*" },
  );

  // the schedule was another one in between, so it is new again
  expect(definition.scheduleSince).toEqual(new Date("2026-03-01T12:00:00Z"));
});

test("who asks for one version tries once", async () => {
  const conditions: (string | null)[] = [];
  const refusing: Definitions = {
    ...definitions,
    put: (kind, definition, condition) => {
      conditions.push(condition);
      return definitions.put(kind, definition, condition);
    },
  };
  const ports = { ...NO_FILES, definitions: refusing, clock, ids: randomIds, connections };
  const input = { ...ITEMS, body: exportBody(), condition: "old" };

  await expect(saveDefinition(ports, input)).rejects.toMatchObject({ code: "definition-changed" });

  expect(conditions).toEqual(["old"]);
});

test("who asks for no version gives up when that goes on and on", async () => {
  const restless: Definitions = {
    ...definitions,
    put: async (kind, definition) => definitions.put(kind, definition, 'W/"never"'),
  };
  const ports = { ...NO_FILES, definitions: restless, clock, ids: randomIds, connections };
  const input = { ...ITEMS, body: exportBody(), condition: "*" };

  await expect(saveDefinition(ports, input)).rejects.toMatchObject({ code: "definition-changed" });
});

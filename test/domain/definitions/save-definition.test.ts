import { beforeEach, expect, test } from "vitest";
import type { Definitions } from "../../../src/domain/definitions/definition-store.ts";
import type { DefinitionKind } from "../../../src/domain/definitions/definitions.ts";
import { saveDefinition } from "../../../src/domain/definitions/save-definition.ts";
import type { AppError } from "../../../src/domain/errors.ts";
import { randomIds } from "../../../src/stores/random-ids.ts";
import { settingsConnections } from "../../../src/stores/settings-connections.ts";
import {
  APPLICATION_ID,
  CONNECTOR_ID,
  connectorBody,
  entityBody,
  exportBody,
  subscriptionBody,
} from "../../support/definition-bodies.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { NO_FILES } from "../../support/no-files.ts";
import { versionedDefinitions } from "../../support/versioned-definitions.ts";

const connections = settingsConnections(
  new Map([["shop", { kind: "postgres", connectionString: "postgres://host/shop" }]]),
);
let definitions: Definitions;

beforeEach(() => {
  definitions = versionedDefinitions();
});

function save(kind: DefinitionKind, id: string, body: unknown) {
  const ports = {
    ...NO_FILES,
    definitions,
    connections,
    ids: randomIds,
    clock: manualClock("2026-03-01T10:00:00Z"),
  };
  return saveDefinition(ports, { kind, id, body, condition: "*", applicationId: "operator" });
}

/** The fields that are wrong, with what is wrong with them. */
async function problemsOf(
  kind: DefinitionKind,
  body: unknown,
  id = kind === "connectors" ? CONNECTOR_ID : "some-id",
): Promise<Record<string, string>> {
  const error = await save(kind, id, body).then(
    () => null,
    (reason: AppError) => reason,
  );
  expect(error?.code ?? "definition-invalid").toBe("definition-invalid");
  return Object.fromEntries((error?.problems ?? []).map((one) => [one.field, one.message]));
}

test("a definition is stored with its defaults, and is new only once", async () => {
  const first = await save("connectors", CONNECTOR_ID, connectorBody());
  const second = await save("connectors", CONNECTOR_ID, connectorBody({ name: "Renamed" }));

  expect(first).toMatchObject({
    isNew: true,
    definition: { id: CONNECTOR_ID, body: { leaseSeconds: 1_800, ordered: false, enabled: true } },
  });
  expect(second).toMatchObject({ isNew: false, definition: { body: { name: "Renamed" } } });
  expect(await definitions.find("connectors", CONNECTOR_ID)).toEqual(second.definition);
});

test.each([
  CONNECTOR_ID.toUpperCase(),
  `{${CONNECTOR_ID}}`,
  `{${CONNECTOR_ID.toUpperCase()}}`,
  `%7B${CONNECTOR_ID}%7D`,
  `%7b${CONNECTOR_ID.toUpperCase()}%7d`,
])("the connector id %s is its one canonical form", async (id) => {
  const { definition } = await save("connectors", id, connectorBody());

  expect(definition.id).toBe(CONNECTOR_ID);
});

test("ids of applications and connectors inside a body are canonical too", async () => {
  const applications = [`{${APPLICATION_ID.toUpperCase()}}`];
  const connector = await save("connectors", CONNECTOR_ID, connectorBody({ applications }));
  const via = { kind: "connector", connectorId: `{${CONNECTOR_ID.toUpperCase()}}` };
  const subscription = await save("subscriptions", "s", subscriptionBody({ via }));

  expect(connector.definition.body).toMatchObject({ applications: [APPLICATION_ID] });
  expect(subscription.definition.body).toMatchObject({ via: { connectorId: CONNECTOR_ID } });
});

test.each<[DefinitionKind, string]>([
  ["connectors", "00000000-0000-0000-0000-000000000000"],
  ["connectors", "{00000000-0000-0000-0000-000000000000}"],
  ["connectors", "partner-a"],
  ["connectors", `${CONNECTOR_ID}x`],
  ["connectors", `{{${CONNECTOR_ID}}}`],
  ["connectors", `%257B${CONNECTOR_ID}%257D`],
  ["connectors", `../${CONNECTOR_ID}`],
  ["connectors", ""],
  ["exports", ""],
  ["exports", "Items"],
  ["exports", "-items"],
  ["exports", "items-"],
  ["exports", "a/b"],
  ["exports", "a'b"],
  ["exports", "a b"],
  ["exports", "ä"],
  ["exports", "__proto__"],
  ["exports", "x".repeat(64)],
])("%s cannot have the id %j", async (kind, id) => {
  const body = kind === "connectors" ? connectorBody() : exportBody();

  expect(Object.keys(await problemsOf(kind, body, id))).toEqual(["id"]);
});

test.each<[DefinitionKind, unknown, string[]]>([
  ["connectors", undefined, [""]],
  ["connectors", null, [""]],
  ["connectors", "text", [""]],
  ["connectors", [], [""]],
  ["connectors", connectorBody({ name: "" }), ["name"]],
  ["connectors", connectorBody({ direction: "both" }), ["direction"]],
  ["connectors", connectorBody({ applications: [] }), ["applications"]],
  ["connectors", connectorBody({ applications: [APPLICATION_ID, "x"] }), ["applications[1]"]],
  ["connectors", connectorBody({ leaseSeconds: 4 }), ["leaseSeconds"]],
  ["connectors", connectorBody({ leaseSeconds: 604_801 }), ["leaseSeconds"]],
  ["connectors", connectorBody({ leaseSeconds: "60" }), ["leaseSeconds"]],
  ["connectors", connectorBody({ lease: 60, colour: "red" }), ["lease", "colour"]],
  ["exports", exportBody({ fileType: "items" }), ["fileType"]],
  ["exports", exportBody({ fileType: "a.b\n" }), ["fileType"]],
  ["exports", exportBody({ entities: [] }), ["entities"]],
  ["exports", exportBody({ entities: [entityBody({ name: "a/b" })] }), ["entities[0].name"]],
  ["exports", exportBody({ entities: [entityBody({ nmae: 1 })] }), ["entities[0].nmae"]],
  [
    "exports",
    exportBody({ entities: [entityBody({ source: { kind: "mysql" } })] }),
    ["entities[0].source.kind"],
  ],
  ["exports", exportBody({ format: { kind: "pdf" } }), ["format.kind"]],
  ["exports", exportBody({ schedule: { cron: "61 * * * *" } }), ["schedule.cron"]],
  ["subscriptions", subscriptionBody({ fileTypes: [] }), ["fileTypes"]],
  ["subscriptions", subscriptionBody({ fileTypes: ["A.B", "x"] }), ["fileTypes[1]"]],
  ["subscriptions", subscriptionBody({ via: { kind: "fax" } }), ["via.kind"]],
])("what is wrong in %s %j is named by its path", async (kind, body, fields) => {
  const problems = await problemsOf(kind, body);

  expect(Object.keys(problems)).toEqual(fields);
  expect(await definitions.find(kind, CONNECTOR_ID)).toBeNull();
});

test("what no schema can see is named by its path too", async () => {
  await save("connectors", CONNECTOR_ID, connectorBody());
  const entity = {
    source: { kind: "postgres", connection: "nowhere", table: "shop.items" },
    filter: "price gt",
  };

  expect(
    Object.keys(await problemsOf("exports", exportBody({ entities: [entityBody(entity)] }))),
  ).toEqual(["entities[0].source.connection", "entities[0].filter"]);
  expect(await problemsOf("subscriptions", subscriptionBody({ filter: "records >> 1" }))).toEqual({
    filter: expect.stringContaining("Cannot"),
  });
  const via = { kind: "connector", connectorId: APPLICATION_ID };
  expect(await problemsOf("subscriptions", subscriptionBody({ via }))).toEqual({
    "via.connectorId": expect.stringContaining("is not the id of a connector"),
  });
});

test("the message of a refusal names each field", async () => {
  const body = connectorBody({ name: "", leaseSeconds: 1 });

  await expect(save("connectors", CONNECTOR_ID, body)).rejects.toThrow(
    'Cannot save the definition in "connectors": name must have at least 1 characters; leaseSeconds must be at least 5',
  );
});

test("a problem that is a sentence of its own stands behind a colon", async () => {
  await expect(
    save("subscriptions", "s", subscriptionBody({ filter: "records >> 1" })),
  ).rejects.toThrow(/: filter: Cannot /);
});

test.each(["shop.itemchanges", "Shop.itemChanges", "SHOP.ITEMCHANGES"])(
  "an export cannot have the file type %s beside one that differs only in case",
  async (fileType) => {
    await save("exports", "first", exportBody());

    const problem = 'must be spelled "Shop.ItemChanges", as export "first" has it';
    expect(await problemsOf("exports", exportBody({ fileType }), "second")).toEqual({
      fileType: problem,
    });
    expect(await problemsOf("exports", exportBody({ fileType }), "first")).toEqual({
      fileType: problem,
    });
  },
);

test("exports may share a file type, and have others that begin alike", async () => {
  await save("exports", "first", exportBody());

  for (const [id, fileType] of Object.entries({
    second: "Shop.ItemChanges",
    third: "Shop.Item.Changes",
    fourth: "Shop.ItemChanges2",
  })) {
    expect(await problemsOf("exports", exportBody({ fileType }), id)).toEqual({});
  }
});

test("a subscription cannot misspell the file type of an export, which would never match", async () => {
  await save("exports", "items", exportBody());
  await save("connectors", CONNECTOR_ID, connectorBody());

  expect(
    await problemsOf(
      "subscriptions",
      subscriptionBody({ fileTypes: ["Not.YetThere", "shop.ItemChanges"] }),
    ),
  ).toEqual({ "fileTypes[1]": 'must be spelled "Shop.ItemChanges", as export "items" has it' });
  expect(await problemsOf("subscriptions", subscriptionBody())).toEqual({});
});

test("a subscription's filter that no file can pass is refused", async () => {
  await save("connectors", CONNECTOR_ID, connectorBody());

  expect(await problemsOf("subscriptions", subscriptionBody({ filter: "Records gt 0" }))).toEqual({
    filter: expect.stringContaining('"Records", which no file has'),
  });
});

test("members named like parts of every object are refused, and leave every object as it is", async () => {
  const body = JSON.parse(
    JSON.stringify(connectorBody()).replace("{", '{"__proto__":{"isAdmin":true},"constructor":{},'),
  );

  const problems = await problemsOf("connectors", body);

  expect(Object.keys(problems)).toEqual(["__proto__", "constructor"]);
  expect({}).not.toHaveProperty("isAdmin");
});

test("names of the kind are data where names are free", async () => {
  const source = {
    kind: "http-json",
    connection: "shop",
    path: "items",
    query: { constructor: "a", toString: "b" },
    columns: [{ name: "__proto__", type: "string" }],
    paging: { by: "none" },
    incremental: { by: "none" },
  };

  const { definition } = await save(
    "exports",
    "items",
    exportBody({ entities: [entityBody({ source })] }),
  );

  expect(JSON.stringify(definition.body)).toContain('"query":{"constructor":"a","toString":"b"}');
  expect(JSON.stringify(definition.body)).toContain('"name":"__proto__"');
});

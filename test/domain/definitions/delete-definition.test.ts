import { beforeEach, expect, test } from "vitest";
import type { Definitions } from "../../../src/domain/definitions/definition-store.ts";
import type {
  DefinitionBody,
  DefinitionKind,
} from "../../../src/domain/definitions/definitions.ts";
import { deleteDefinition } from "../../../src/domain/definitions/delete-definition.ts";
import { findDefinition } from "../../../src/domain/definitions/find-definition.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { DEFINITION_SCHEMAS } from "../../../src/systems/index.ts";
import {
  CONNECTOR_ID,
  connectorBody,
  exportBody,
  subscriptionBody,
} from "../../support/definition-bodies.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { versionedDefinitions } from "../../support/versioned-definitions.ts";

const AT = new Date("2026-03-01T10:00:00Z");
let definitions: Definitions;

beforeEach(() => {
  definitions = versionedDefinitions();
  owed = [];
});

async function put<Kind extends DefinitionKind>(kind: Kind, id: string, body: unknown) {
  const parsed = DEFINITION_SCHEMAS.kinds[kind].parse(body) as DefinitionBody<Kind>;
  return definitions.put(
    kind,
    { id, body: parsed, updatedAt: AT, scheduleSince: AT, incarnation: "", updatedBy: "operator" },
    null,
  );
}

/** Messages that are waiting to be imported. */
let owed: readonly object[] = [];

function remove(kind: DefinitionKind, id: string, condition = "*") {
  const submissions = { owed: async () => owed } as unknown as Ports["submissions"];
  const ports = { definitions, submissions, clock: manualClock("2026-03-01T11:00:00Z") };
  return deleteDefinition(ports, { kind, id, condition, applicationId: "operator" });
}

test("a definition that nothing else names is deleted, under whatever spelling of its id", async () => {
  await put("connectors", CONNECTOR_ID, connectorBody());

  await remove("connectors", `{${CONNECTOR_ID.toUpperCase()}}`);

  await expect(findDefinition({ definitions }, "connectors", CONNECTOR_ID)).rejects.toMatchObject({
    code: "definition-not-found",
  });
  await expect(remove("connectors", CONNECTOR_ID)).rejects.toMatchObject({
    code: "definition-not-found",
  });
});

test("a connector is kept as long as a subscription delivers to it, and the subscription is named", async () => {
  await put("connectors", CONNECTOR_ID, connectorBody());
  await put("subscriptions", "partner", subscriptionBody({ enabled: false }));

  await expect(remove("connectors", CONNECTOR_ID)).rejects.toMatchObject({
    code: "definition-in-use",
    message: expect.stringContaining('subscription "partner"'),
  });

  expect(await definitions.find("connectors", CONNECTOR_ID)).not.toBeNull();
  await remove("subscriptions", "partner");
  await remove("connectors", CONNECTOR_ID);
  expect(await definitions.find("connectors", CONNECTOR_ID)).toBeNull();
});

test("a connector is kept as long as received files wait to be imported", async () => {
  await put("connectors", CONNECTOR_ID, connectorBody());

  owed = [{ id: "m", state: "enqueued" }];

  await expect(remove("connectors", CONNECTOR_ID)).rejects.toMatchObject({
    code: "definition-in-use",
    message: expect.stringContaining('"m"'),
  });
});

test("only the version that was named is deleted", async () => {
  const { etag } = await put("exports", "items", exportBody());
  await expect(remove("exports", "items", 'W/"other"')).rejects.toMatchObject({
    code: "definition-changed",
  });

  await remove("exports", "items", etag);

  expect(await definitions.find("exports", "items")).toBeNull();
});

test.each(["", "A", "../x", "__proto__"])("an id such as %j is none", async (id) => {
  await expect(remove("exports", id)).rejects.toMatchObject({ code: "definition-invalid" });
  await expect(findDefinition({ definitions }, "exports", id)).rejects.toMatchObject({
    code: "definition-invalid",
  });
});

import { beforeEach, expect, test } from "vitest";
import type { Definitions } from "../../../src/domain/definitions/definition-store.ts";
import { ConnectorDefinition } from "../../../src/domain/definitions/definitions.ts";
import { openConnector } from "../../../src/domain/deliveries/open-connector.ts";
import type { AppError } from "../../../src/domain/errors.ts";
import { connectorBody } from "../../support/definition-bodies.ts";
import { versionedDefinitions } from "../../support/versioned-definitions.ts";

const PARTNER_A = "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";
const PARTNER_B = "1b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";
const STRANGER = "2b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";
const DOOR_A = "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";
const DOOR_B = "7d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";
const DISABLED_A = "8d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";
const NOWHERE = "9d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";
const ZERO = "00000000-0000-0000-0000-000000000000";

let definitions: Definitions;

beforeEach(async () => {
  definitions = versionedDefinitions();
  const at = new Date("2026-03-01T10:00:00Z");
  for (const [id, members] of Object.entries({
    [DOOR_A]: { applications: [PARTNER_A] },
    [DOOR_B]: { applications: [PARTNER_B] },
    [DISABLED_A]: { applications: [PARTNER_A], enabled: false },
  })) {
    const body = ConnectorDefinition.parse(connectorBody(members));
    await definitions.put(
      "connectors",
      { id, body, updatedAt: at, scheduleSince: at, incarnation: "", updatedBy: "operator" },
      null,
    );
  }
});

function open(
  connectorId: string,
  applicationId: string,
  direction: "export" | "import" = "export",
) {
  return openConnector({ definitions }, { connectorId, applicationId, direction });
}

async function refusalOf(connectorId: string, applicationId: string): Promise<AppError> {
  return open(connectorId, applicationId).then(
    () => expect.fail("the door was opened"),
    (error: AppError) => error,
  );
}

test("a connector opens to the applications that it names", async () => {
  expect(await open(DOOR_A, PARTNER_A)).toMatchObject({ applications: [PARTNER_A] });
});

test("another's connector, a disabled one and none at all look the same", async () => {
  const refusals = await Promise.all(
    [DOOR_B, DISABLED_A, NOWHERE].map((connectorId) => refusalOf(connectorId, PARTNER_A)),
  );

  expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(["connector-not-found"]));
  const words = [DOOR_B, DISABLED_A, NOWHERE].map((connectorId, index) =>
    refusals[index]?.message.replace(connectorId, "<id>"),
  );
  expect(new Set(words).size).toBe(1);
  expect(refusals.every(({ problems }) => problems.length === 0)).toBe(true);
});

test("an application that nothing names is told so, whatever it asks for", async () => {
  for (const connectorId of [DOOR_A, DISABLED_A, NOWHERE, ZERO]) {
    expect(await refusalOf(connectorId, STRANGER)).toMatchObject({ code: "application-unknown" });
  }
});

test("the connection check of existing clients is known by its activity", async () => {
  expect(await refusalOf(ZERO, PARTNER_A)).toMatchObject({ code: "connector-id-zero" });
});

test("nobody sends files where files are taken from", async () => {
  await expect(open(DOOR_A, PARTNER_A, "import")).rejects.toMatchObject({
    code: "connector-direction-wrong",
  });
  await expect(open(DOOR_B, PARTNER_A, "import")).rejects.toMatchObject({
    code: "connector-not-found",
  });
});

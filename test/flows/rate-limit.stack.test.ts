import { expect, test } from "vitest";
import type { ClientName } from "../../infra/local/token-issuer-clients.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";

const CONNECTOR_ID = "3f0c9a52-6d0e-4d57-9a53-2f4be0b0a911";
const ACTION =
  "/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities.GetAzureWriteUrl";

const local = useLocalStack({
  settings: () => ({ RATE_LIMIT_PER_SECOND: "1", RATE_LIMIT_BURST: "20" }),
});

const dequeue = (client: ClientName) =>
  local.call(client, { path: `/api/connector/dequeue/${CONNECTOR_ID}` });

test("an application that asks too often waits, and no other with it", async () => {
  const { clients } = local.stack.file;
  await local.define(`connectors/${CONNECTOR_ID}`, {
    name: "Partners",
    direction: "export",
    applications: [clients["partner-a"].id, clients["partner-b"].id],
  });

  const answers = await Promise.all(Array.from({ length: 200 }, () => dequeue("partner-a")));
  const refused = answers.filter(({ status }) => status === 429);
  const [first] = refused;

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204, 429]));
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(20);
  expect(first?.headers.get("retry-after")).toBe("1");
  expect(first?.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
  expect(first?.json().type).toBe("urn:waybill:problem:rate-exceeded");
  expect((await dequeue("partner-b")).status).toBe(204);
  await eventually(async () => ((await dequeue("partner-a")).status === 204 ? true : null));
});

test("the package API refuses in its own shape", async () => {
  const order = () => local.call("stranger", { method: "POST", path: ACTION });

  const answers = await Promise.all(Array.from({ length: 200 }, order));
  const refused = answers.find(({ status }) => status === 429);

  expect(refused?.headers.get("retry-after")).toBe("1");
  expect(refused?.json().error.innererror.message).toContain("wait a second");
});

import { TableClient } from "@azure/data-tables";
import { beforeAll, expect, test } from "vitest";
import type { DefinitionBody } from "../../src/domain/definitions/definitions.ts";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";

/** The setting of one connection is wrong; definitions that use it were saved before. */
const SECRET = "hunter2-canary";

const local = useLocalStack({
  shop: true,
  settings: () => ({ CONNECTION_CRM: `mysql://user:${SECRET}@host` }),
});

const exportOf = (connection: string) => ({
  fileType: `Bad.${connection === "crm" ? "Crm" : "Shop"}`,
  entities: [
    { name: "Groups", source: { kind: "postgres", connection, table: "shop.customer_groups" } },
  ],
  format: { kind: "csv" },
});

const importInto = (connection: string) => ({
  format: { kind: "csv" },
  entities: [
    {
      name: "Rows",
      columns: [{ name: "id" }],
      target: { kind: "postgres", connection, table: "shop.rows", mode: "insert" },
    },
  ],
});

beforeAll(async () => {
  const { connectionString } = local.stack.file.storage;
  const table = TableClient.fromConnectionString(connectionString, "definitions", {
    allowInsecureConnection: true,
  });
  const save = async (kind: "exports" | "imports", id: string, body: unknown) => {
    const facts = {
      id,
      updatedAt: new Date(),
      scheduleSince: new Date(),
      incarnation: "",
      version: 1,
      updatedBy: "operator",
    };
    const parsed = DEFINITION_SCHEMAS.kinds[kind].parse(body) as DefinitionBody<typeof kind>;
    await tableDefinitions(table, DEFINITION_SCHEMAS).put(kind, { ...facts, body: parsed }, "*");
  };
  await save("exports", "from-crm", exportOf("crm"));
  await save("imports", "into-crm", importInto("crm"));
  await local.define("exports/from-shop", exportOf("shop-owner"));
});

const REASON =
  /connection.* Cannot use connection "crm": the app's setting CONNECTION_CRM must be a URL such as /;

test("definitions that use a wrong connection are listed with the reason", async () => {
  for (const path of ["exports/from-crm", "imports/into-crm"]) {
    const { status, json } = await local.call("operator", { path: `/api/definitions/${path}` });

    expect(status).toBe(200);
    expect(json().unreadable).toMatch(REASON);
  }
});

test("a definition that would use it is refused with the reason, at the field that names it", async () => {
  const refused = await local.call("operator", {
    method: "PUT",
    path: "/api/definitions/exports/another",
    body: exportOf("crm"),
  });

  expect(refused.status).toBe(400);
  expect(refused.json().errors).toEqual([
    {
      field: "entities[0].source.connection",
      detail: expect.stringMatching(/^Cannot use connection "crm"/),
    },
  ]);
});

test("all else works: requests are answered, and other connections are used", async () => {
  const home = await local.call("operator", { path: "/" });
  const asked = await local.call("operator", {
    method: "POST",
    path: "/api/exports/from-shop/runs",
  });

  expect([home.status, asked.status]).toEqual([200, 202]);
  const run = await eventually(async () => {
    const { json } = await local.call("operator", { path: "/api/exports/from-shop/runs" });
    const [last] = json().items;
    return last.endedAt === null ? null : last;
  });
  expect(run.state).toBe("succeeded");
});

test("the log says which setting is wrong, and nobody reads the secret", async () => {
  const logged = local.lines.filter((line) => line.includes('"event":"connection-invalid"'));

  expect(logged.join()).toContain("CONNECTION_CRM: must be a URL");
  expect(local.lines.join()).not.toContain(SECRET);
});

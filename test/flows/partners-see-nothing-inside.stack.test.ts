import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { beforeAll, expect, test } from "vitest";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { actionCaller } from "../support/package-api.ts";
import { sendFile } from "../support/send-file.ts";

/** No answer to a partner may hold a name that begins so: of a schema, a table, a role, a host, a path, a rule. */
const PLANTED = /plant/i;

const local = useLocalStack({
  shop: true,
  settings: (cloud) => ({
    CONNECTION_GOOD: new URL(cloud.shop?.connectionString ?? "").href,
    CONNECTION_DENIED: withUser(cloud.shop?.connectionString, "plant_role"),
    CONNECTION_NODB: `${new URL("/plant_database", cloud.shop?.connectionString ?? "").href}`,
    CONNECTION_DOWN: "postgres://plant_role:x@127.0.0.1:1/plant_database",
    CONNECTION_API: JSON.stringify({
      ...{ kind: "http", baseUrl: "https://plant-host.invalid/plant_path" },
    }),
  }),
});
const partner = actionCaller(local, "partner-a");

function withUser(postgres: string | undefined, user: string): string {
  const url = new URL(postgres ?? "");
  Object.assign(url, { username: user, password: "wrong" });
  return url.href;
}

beforeAll(async () => {
  const database = new Client(local.stack.file.postgres ?? "");
  await database.connect();
  await database.query(`
    create schema plant_schema;
    set search_path = plant_schema;
    create function plant_check(text) returns boolean language sql immutable as 'select $1 <> ''bad''';
    create table plant_other (id text primary key);
    create table plant_table (
      id text primary key, name text constraint plant_rule check (plant_check(name)),
      other text references plant_other);
    insert into plant_table values ('1', 'x', null)`);
  await database.end();
});

const table = (connection: string, name = "plant_schema.plant_table") => ({
  ...{ kind: "postgres", connection, table: name },
});
const retry = { attempts: 1, firstDelayMs: 1 };

const TARGETS: [string, object, string][] = [
  ["a table that is missing", table("good", "plant_schema.plant_missing"), "preprocessing-failed"],
  ["a role that may not log on", table("denied"), "preprocessing-failed"],
  ["a database that is missing", table("nodb"), "preprocessing-failed"],
  ["a server that is down", table("down"), "enqueued"],
  [
    "an API that is down",
    { kind: "http-json", connection: "api", method: "POST", path: "plant", retry },
    "enqueued",
  ],
  ["rules that rows break", table("good"), "processed-with-errors"],
];

test.each(TARGETS)(
  "an import into %s tells the partner nothing of the inside",
  async (...[, target, state]) => {
    const [id, connectorId] = [`i-${randomUUID()}`, randomUUID()];
    const applications = [local.stack.file.clients["partner-a"].id];
    const mode = "table" in target ? { mode: "insert" } : {};
    const columns = ["id", "name", "other"].map((name) => ({ name }));
    const entity = { name: "Rows", columns, target: { ...target, ...mode } };
    await local.define(`imports/${id}`, { format: { kind: "csv" }, entities: [entity] });
    const door = { name: "Door", direction: "import", content: "file", import: id, applications };
    await local.define(`connectors/${connectorId}`, door);
    const body = Buffer.from("id,name,other\r\n2,bad,\r\n3,x,9\r\n1,x,\r\n");

    const sent = await sendFile(local, `/api/connector/enqueue/${connectorId}`, { body });
    const submissionId = JSON.parse(sent.text);
    const seen = await eventually(async () => {
      const message = (
        await local.call("operator", { path: `/api/submissions/${submissionId}` })
      ).json();
      return message.attempts > 0 && (message.endedAt !== null || message.failure !== null)
        ? message
        : null;
    });

    const told = await everythingAbout(connectorId, submissionId);
    expect(seen.state).toBe(state);
    expect(told).not.toMatch(PLANTED);
    expect(told).toMatch(/Cannot write|must/);
    expect(JSON.stringify([seen.failure, seen.result, seen.errorList])).toMatch(
      state === "enqueued" || state === "preprocessing-failed" ? /connection|plant/ : PLANTED,
    );
  },
);

/** All that a partner can ask about a file that it has sent. */
async function everythingAbout(connectorId: string, submissionId: string): Promise<string> {
  const path = `/api/connector/jobstatus/${connectorId}?jobid=${submissionId}`;
  const texts = [(await local.call("partner-a", { path })).bytes.toString()];
  for (const action of [
    "GetExecutionErrors",
    "GetExecutionSummaryStatus",
    "GetEntityExecutionSummaryStatusList",
    "GetMessageStatus",
  ]) {
    texts.push((await partner.act(action, { executionId: submissionId, submissionId })).text);
  }
  const named = { executionId: submissionId, entityName: "Rows" };
  const { text } = await partner.act("GetImportTargetErrorKeysFileUrl", named);
  const url = text.includes('"value"') ? JSON.parse(text).value : "";
  return [...texts, url === "" ? "" : await (await fetch(url)).text()].join("\n");
}

const SOURCES: [string, object][] = [
  ["a table that is missing", table("good", "plant_schema.plant_missing")],
  [
    "a query that fails",
    {
      kind: "postgres",
      connection: "good",
      query: "select plant_column from plant_schema.plant_table",
      incremental: { by: "none" },
    },
  ],
  ["a role that may not log on", table("denied")],
  ["a database that is missing", table("nodb")],
];

test.each(SOURCES)(
  "an export from %s tells the partner nothing of the inside",
  async (_, source) => {
    const id = `e-${randomUUID()}`;
    const applications = [local.stack.file.clients["partner-a"].id];
    await local.define(`exports/${id}`, {
      ...{
        fileType: "Test.Planted",
        entities: [{ name: "Rows", source }],
        format: { kind: "csv" },
      },
      packageApi: { applications },
    });

    const executionId = await partner.value("ExportToPackage", { definitionGroupId: id });
    await eventually(
      async () =>
        (await partner.value("GetExecutionSummaryStatus", { executionId })) === "Failed" || null,
    );

    const errors = await partner.value("GetExecutionErrors", { executionId });
    const list = await partner.value("GetEntityExecutionSummaryStatusList", { executionId });
    expect(`${errors}${list}`).not.toMatch(PLANTED);
    expect(errors).toContain("Cannot read the source");
    const runs = (await local.call("operator", { path: `/api/exports/${id}/runs` })).json();
    expect(runs.items[0].failure.message).toMatch(/plant|connection/);
  },
);

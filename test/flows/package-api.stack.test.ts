import { randomUUID } from "node:crypto";
import type { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import {
  actionCaller,
  GUID_REGEXP,
  makeCountries,
  packageExports,
} from "../support/package-api.ts";
import { entriesOf } from "../support/zip.ts";

const EXPORT_ID = "countries";
const GROUP = "Countries – full";
const FILE_TYPE = "Test.CountryChanges";

const local = useLocalStack({ shop: true });
const partner = actionCaller(local, "partner-a");
const { define, entityOf } = packageExports(local);
let database: Client;

beforeAll(async () => {
  database = await makeCountries(local);
  await database.query("create table public.cities (id integer primary key, name text)");
  await database.query("insert into public.cities values (1, 'Tórshavn')");
  await define(EXPORT_ID, {
    fileType: FILE_TYPE,
    format: { kind: "jsonl" },
    packageApi: { definitionGroup: GROUP },
  });
  await define("places", {
    entities: [entityOf("Countries", "countries"), entityOf("Cities", "cities")],
    format: { kind: "package", definitionGroup: "Places", file: { kind: "csv" } },
    packageApi: { mode: "incremental" },
  });
});

afterAll(async () => {
  await database.end();
});

/** Orders a package, waits for it, and unpacks it. */
async function exported(body: object, action = "ExportToPackage"): Promise<Map<string, string>> {
  const executionId = await partner.value(action, body);
  const status = await eventually(async () => {
    const answer = await partner.value("GetExecutionSummaryStatus", { executionId });
    expect(["NotRun", "Executing", "Succeeded"]).toContain(answer);
    return answer === "Succeeded" ? answer : null;
  });
  expect(status).toBe("Succeeded");
  return packageOf(executionId);
}

async function packageOf(executionId: string): Promise<Map<string, string>> {
  const url = await partner.value("GetExportedPackageUrl", { executionId });
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return entriesOf(Buffer.from(await response.arrayBuffer()));
}

test("a package of an export in another format is a zip with a csv file for each entity and a manifest", async () => {
  const entries = await exported({ definitionGroupId: GROUP.toUpperCase() });

  expect([...entries.keys()]).toEqual(["Countries.csv", "Manifest.xml", "PackageHeader.xml"]);
  expect(entries.get("Countries.csv")).toBe("code,name\r\nDK,Danmark\r\nFO,Føroyar\r\n");
  expect(entries.get("Manifest.xml")).toContain("<EntityName>Countries</EntityName>");
  expect(entries.get("Manifest.xml")).toContain(`<DefinitionGroupName>${GROUP}<`);
});

test("a package reaches nobody else: the ledger and the export's own cursor do not know of it", async () => {
  await exported({ definitionGroupId: EXPORT_ID });

  const ledger = await local.call("operator", { path: `/api/ledger/${FILE_TYPE}` });
  expect(ledger.json().items).toEqual([]);
  const run = await local.call("operator", {
    method: "POST",
    path: `/api/exports/${EXPORT_ID}/runs`,
  });
  const ended = await eventually(async () => {
    const { items } = (
      await local.call("operator", { path: `/api/exports/${EXPORT_ID}/runs` })
    ).json();
    return (
      items.find(
        ({ runId, state }: { runId: string; state: string }) =>
          runId === run.json().runId && state === "succeeded",
      ) ?? null
    );
  });
  expect(ended.result).toMatchObject({ totalRecordsExported: 2, mode: "full", sequence: 1 });
});

test("incremental packages hold what has changed, and everything again of an entity whose token was reset", async () => {
  const order = { definitionGroupId: "places" };
  const rowsOf = (entries: Map<string, string>): number[] =>
    ["Countries.csv", "Cities.csv"].map(
      (name) => (entries.get(name) ?? "").split("\r\n").filter(Boolean).length - 1,
    );
  expect(rowsOf(await exported(order))).toEqual([2, 1]);
  expect(rowsOf(await exported(order))).toEqual([0, 0]);

  await database.query("insert into public.cities values (2, 'Klaksvík')");
  expect(rowsOf(await exported({ ...order, entityList: "cities" }))).toEqual([-1, 1]);
  expect(rowsOf(await exported(order))).toEqual([0, 0]);

  const reset = await partner.act("ResetVersionToken", {
    definitionGroupId: "Places",
    entityName: "COUNTRIES",
    sourceName: "AX",
  });
  expect(reset.json()).toEqual({
    "@odata.context": `${local.stack.file.app}/data/$metadata#Edm.Boolean`,
    value: true,
  });
  expect(rowsOf(await exported(order))).toEqual([2, 0]);
  expect(rowsOf(await exported(order, "ExportToPackageDelta"))).toEqual([0, 0]);
  await partner.value("ResetVersionToken", { definitionGroupId: "Places" });
  expect(rowsOf(await exported(order, "ExportToPackageAsync"))).toEqual([2, 2]);
});

test("a preview has so many rows of each entity, and moves no cursor", async () => {
  await define("previewed");
  const order = { definitionGroupId: "previewed" };

  for (const [action, count] of [
    ["ExportToPackagePreview", { count: 1 }],
    ["ExportToPackagePreviewAsync", { exportPreviewCount: "1" }],
  ] as const) {
    const entries = await exported({ ...order, ...count }, action);
    expect(entries.get("Countries.csv")).toBe("code,name\r\nDK,Danmark\r\n");
  }
  const delta = await exported(order, "ExportToPackageDelta");
  expect(delta.get("Countries.csv")).toBe("code,name\r\nDK,Danmark\r\nFO,Føroyar\r\n");
});

test("an order that is repeated under its id is one order; with reExecute it runs again", async () => {
  const executionId = `  "Job ${"x".repeat(150)} 'ü' / ${randomUUID()}" `;
  const order = { definitionGroupId: EXPORT_ID, executionId, reExecute: false };
  const runs = async (): Promise<number> => {
    const path = `/api/exports/${EXPORT_ID}/runs?limit=1000`;
    const { items } = (await local.call("operator", { path })).json();
    const id = executionId.trim().slice(1, -1);
    return items.filter(
      ({ package: p }: { package?: { executionId: string } }) => p?.executionId === id,
    ).length;
  };

  await Promise.all([1, 2, 3].map(() => exported(order)));
  await exported(order);
  expect(await runs()).toBe(1);
  await exported({ ...order, reExecute: "True" });
  await eventually(async () => (await runs()) === 2 || null);
});

test("an export that fails says so, with its reason, and never as an unknown id", async () => {
  await define("broken", { entities: [entityOf("Countries", "plant_no_such_table")] });
  const executionId = await partner.value("ExportToPackage", { definitionGroupId: "broken" });
  expect(executionId).toMatch(GUID_REGEXP);

  await eventually(async () => {
    const status = await partner.value("GetExecutionSummaryStatus", { executionId });
    expect(["NotRun", "Executing", "Failed"]).toContain(status);
    return status === "Failed" || null;
  });
  const errors = JSON.parse(await partner.value("GetExecutionErrors", { executionId }));
  expect(errors).toEqual([
    { RecordId: "", Field: "", ErrorMessage: expect.stringMatching(/^Cannot read the source/) },
  ]);
  const history = await local.call("operator", { path: "/api/exports/broken/runs" });
  const { failure } = history.json().items[0];
  expect(failure.message).toContain("no_such_table");
  expect(errors[0].ErrorMessage).toBe(failure.partnerMessage);
  expect(await partner.value("GetExportedPackageUrl", { executionId })).toBe("");
  const [summary] = await partner.value("GetEntityExecutionSummaryStatusList", { executionId });
  expect(JSON.parse(summary)).toMatchObject({ EntityName: "Countries", Status: "Failed" });
});

test("the history of an execution is deleted with its package, and the execution stays known", async () => {
  const executionId = await partner.value("ExportToPackage", { definitionGroupId: EXPORT_ID });
  const url = await eventually(
    async () => (await partner.value("GetExportedPackageUrl", { executionId })) || null,
  );

  const answer = await partner.act("DeleteExecutionHistoryJob", { executionId });

  expect(answer.status).toBe(204);
  expect((await fetch(url)).status).toBe(404);
  expect(await partner.value("GetExportedPackageUrl", { executionId })).toBe("");
  expect(await partner.value("GetExecutionSummaryStatus", { executionId })).toBe("Succeeded");
});

test("an address of a package reads that one file for an hour, over nothing but what it says, and writes nothing", async () => {
  const order = { definitionGroupId: EXPORT_ID, packageName: 'in"voices\r\nX: y/../é.zip' };
  const executionId = await partner.value("ExportToPackage", order);
  const url = new URL(
    await eventually(
      async () => (await partner.value("GetExportedPackageUrl", { executionId })) || null,
    ),
  );

  const read = await fetch(url);
  const write = await fetch(url, {
    method: "PUT",
    headers: { "x-ms-blob-type": "BlockBlob" },
    body: "x",
  });

  expect(url.searchParams.get("sp")).toBe("r");
  expect(url.searchParams.get("sr")).toBe("b");
  const lifetimeMs = Date.parse(url.searchParams.get("se") ?? "") - Date.now();
  expect(lifetimeMs).toBeGreaterThan(50 * 60_000);
  expect(lifetimeMs).toBeLessThanOrEqual(60 * 60_000);
  expect(read.headers.get("content-disposition")).toBe(
    'attachment; filename="in_voices_X_ y_.zip"',
  );
  expect(write.status).toBe(403);
});

test("entities are put in the order of the definitions, and unknown ones last", async () => {
  const value = await partner.value("GetEntitySequence", {
    listOfDataEntities: "Nowhere, cities,Countries",
  });

  expect(JSON.parse(value).map((each: { EntityName: string }) => each.EntityName)).toEqual([
    "Countries",
    "cities",
    "Nowhere",
  ]);
});

test("a package is made for the company of the export alone, where it has one", async () => {
  await define("uscountries", {
    packageApi: { definitionGroup: "Countries by company", company: "USMF" },
  });
  await define("decities", {
    entities: [entityOf("Cities", "cities")],
    packageApi: { definitionGroup: "Countries by company", company: "DEMF" },
  });
  const order = { definitionGroupId: "Countries by company" };

  for (const [legalEntityId, file] of [
    ["usmf", "Countries.csv"],
    ["DEMF", "Cities.csv"],
  ] as const) {
    const files = await exported({ ...order, legalEntityId });
    expect([...files.keys()]).toContain(file);
  }

  const answer = await partner.act("ExportToPackage", { ...order, legalEntityId: "FRRT" });
  expect(answer.status).toBe(400);
  expect(answer.json().error.innererror.message).toContain('it is of "DEMF", "USMF"');
  expect((await exported({ definitionGroupId: GROUP, legalEntityId: "FRRT" })).size).toBe(3);
});

test("the package that ExportFromPackage names is not fetched: the export is its template", async () => {
  const order = { definitionGroupId: GROUP, packageUrl: "http://169.254.169.254/template.zip" };

  const files = await exported(order, "ExportFromPackage");

  expect([...files.keys()]).toContain("Countries.csv");
});

import { randomBytes, randomUUID } from "node:crypto";
import { TableClient } from "@azure/data-tables";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite, storageConnectionString } from "../../infra/local/azurite.ts";
import type { Execution, Executions } from "../../src/domain/exports/executions.ts";
import type { OrderedRun } from "../../src/domain/exports/run.ts";
import { queuedRun } from "../../src/domain/exports/run.ts";
import type { Runs } from "../../src/domain/ports.ts";
import { randomIds } from "../../src/stores/random-ids.ts";
import { tableExecutions } from "../../src/stores/table-executions.ts";
import { tableRuns } from "../../src/stores/table-runs.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { PASSING_FAULTS } from "../support/faulty-storage.ts";

let azurite: Azurite;
let proxy: FaultProxy;
let executions: Executions;
let runs: Runs;

beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startFaultProxy(azurite.tableEndpoint);
  const table = TableClient.fromConnectionString(
    storageConnectionString({ ...azurite, tableEndpoint: proxy.url }),
    `runs${randomBytes(6).toString("hex")}`,
    {
      allowInsecureConnection: true,
      retryOptions: { maxRetries: 3, retryDelayInMs: 1, maxRetryDelayInMs: 5 },
    },
  );
  await table.createTable();
  executions = tableExecutions(table);
  runs = tableRuns(table);
});

afterAll(async () => {
  await proxy.stop();
  await azurite.stop();
});

const QUEUED_AT = new Date("2026-03-01T10:00:00Z");

const APPLICATION_ID = randomUUID();

function anOrder(
  executionId: string,
  exportId = `things-${randomUUID()}`,
  applicationId = APPLICATION_ID,
): Execution {
  const run: OrderedRun = {
    ...queuedRun({
      ...{ exportId, queuedAt: QUEUED_AT, dueAt: null, fileType: "Test.Things" },
      ...{ runId: randomIds.timeOrderedGuid(QUEUED_AT), trigger: "request", mode: "full" },
    }),
    package: {
      ...{ executionId, applicationId, packageName: "", maxRows: null },
      entities: ["Things"],
    },
  };
  return { executionId, exportId, run };
}

test.each([
  "plain",
  "with / \\ # ? % ' and \u0000 control",
  "Größe 🎉",
  "x".repeat(200),
  " blanks at its ends ",
  "__proto__",
])("an id such as %j is found as it is, and in no other case", async (name) => {
  const execution = anOrder(`${name}${randomUUID()}`);

  expect(await executions.claim(execution)).toEqual(execution);

  expect(await executions.find(execution.executionId)).toEqual([execution]);
  expect(await executions.find(execution.executionId.toUpperCase())).toEqual([]);
  expect(await executions.find(`${execution.executionId} `)).toEqual([]);
});

test("of several claims at once one holds, and all are told which", async () => {
  const { executionId, exportId } = anOrder(randomUUID());

  const claims = Array.from({ length: 8 }, () => executions.claim(anOrder(executionId, exportId)));
  const holders = new Set((await Promise.all(claims)).map(({ run }) => run.runId));

  expect(holders.size).toBe(1);
  const [found] = await executions.find(executionId);
  expect(holders).toContain(found?.run.runId);
});

test("exports do not share ids", async () => {
  const id = randomUUID();
  const [one, other] = [anOrder(id), anOrder(id)];

  await executions.claim(one);
  expect(await executions.claim(other)).toEqual(other);

  const found = await executions.find(id);
  expect(new Set(found.map(({ exportId }) => exportId))).toEqual(
    new Set([one.exportId, other.exportId]),
  );
});

test("applications do not share ids at one export", async () => {
  const one = anOrder(randomUUID());
  const other = anOrder(one.executionId, one.exportId, randomUUID());

  await executions.claim(one);
  expect(await executions.claim(other)).toEqual(other);

  expect(await executions.find(one.executionId)).toHaveLength(2);
});

test("an id can stand for another run later", async () => {
  const first = anOrder(randomUUID());
  const second = anOrder(first.executionId, first.exportId);
  await executions.claim(first);

  await executions.replace(second);

  expect(await executions.find(first.executionId)).toEqual([second]);
});

test.each(Object.entries(PASSING_FAULTS))("a claim is one's own when %s", async (_, fault) => {
  const execution = anOrder(randomUUID());
  const { met } = proxy.inject({ fault });

  expect(await executions.claim(execution)).toEqual(execution);

  await met;
});

test("the end of an order moves the cursor of packages alone, once", async () => {
  const { exportId, run } = anOrder(randomUUID());
  await runs.request(run);
  const ended = { ...run, state: "succeeded" as const, endedAt: QUEUED_AT };
  expect((await runs.current(exportId)).active).toMatchObject([{ isOrder: true }]);

  expect(await runs.finish(ended, "first")).toBe(true);
  expect(await runs.finish(ended, "second")).toBe(false);

  expect(await runs.packageCursor(exportId)).toEqual({ cursor: "first", tokens: {} });
  expect(await runs.current(exportId)).toMatchObject({ cursor: null, active: [] });
});

test("each entity has a change token of its own, whatever its name", async () => {
  const { exportId } = anOrder(randomUUID());
  const names = ["Items", "items", "a/b#c?", "Größe"];

  for (const name of names) {
    await runs.putChangeToken(exportId, name, "old");
    await runs.putChangeToken(exportId, name, `token of ${name}`);
  }

  const { tokens } = await runs.packageCursor(exportId);
  expect(tokens).toEqual(Object.fromEntries(names.map((name) => [name, `token of ${name}`])));
});

import { TableClient } from "@azure/data-tables";
import { ServiceBusClient, type ServiceBusSender } from "@azure/service-bus";
import { afterAll, beforeAll, expect, test } from "vitest";
import topology from "../../infra/topology.json" with { type: "json" };
import { orderPackage } from "../../src/d365/package-api/order-package.ts";
import type { RunRequest, RunRequestOf } from "../../src/domain/ports.ts";
import { randomIds } from "../../src/stores/random-ids.ts";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { tableExecutions } from "../../src/stores/table-executions.ts";
import { tableRuns } from "../../src/stores/table-runs.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { actionCaller, makeCountries, packageExports } from "../support/package-api.ts";
import { entriesOf } from "../support/zip.ts";

const DOOR = "8c2d5b1e-1f6a-4a57-9d0c-3b7e6f4a0b01";

/** Messages that wait in the queue of runs while the app is upgraded. */
const local = useLocalStack({ shop: true });
const partner = actionCaller(local, "partner-a");
let client: ServiceBusClient | undefined;
let runs: ServiceBusSender;

beforeAll(async () => {
  client = new ServiceBusClient(local.stack.file.serviceBus.connectionString);
  runs = client.createSender("runs");
  const database = await makeCountries(local);
  await database.end();
  await packageExports(local).define("countries");
});

afterAll(async () => {
  await client?.close();
});

test("an order that an earlier version left in the queue, by the message of that time, is executed", async () => {
  const table = (name: string) =>
    TableClient.fromConnectionString(local.stack.file.storage.connectionString, name, {
      allowInsecureConnection: true,
    });
  const earlier = {
    definitions: tableDefinitions(table(topology.tables.definitions), DEFINITION_SCHEMAS),
    runs: tableRuns(table(topology.tables.runs)),
    executions: tableExecutions(table(topology.tables.runs)),
    ids: randomIds,
    clock: { now: () => new Date() },
    log: () => undefined,
    runQueue: {
      send: (request: RunRequest) => {
        const { exportId, runId } = request as RunRequestOf<"order">;
        const body = { kind: "export", exportId, runId };
        const message = { body, messageId: `${runId}:0`, sessionId: `export:${exportId}` };
        return runs.sendMessages(message);
      },
    },
  };

  const executionId = await orderPackage(earlier, {
    ...{ applicationId: local.stack.file.clients["partner-a"].id, definitionGroupId: "countries" },
    ...{ executionId: "", packageName: "", reExecute: false },
    ...{ entityList: [], mode: null, maxRows: null },
  });

  const url = await eventually(
    async () => (await partner.value("GetExportedPackageUrl", { executionId })) || null,
  );
  const entries = await entriesOf(Buffer.from(await (await fetch(url)).arrayBuffer()));
  expect(entries.get("Countries.csv")).toBe("code,name\r\nDK,Danmark\r\nFO,Føroyar\r\n");
  // a tick would have sent it by the message of today
  expect(local.lines.filter((line) => line.includes("run-sent-again"))).toEqual([]);
}, 120_000);

test("an import that an earlier version left in the queue of runs is settled there: the tick sends what is owed", async () => {
  const body = { kind: "import", activityId: DOOR, messageId: "m", ordered: true, revision: 1 };
  await runs.sendMessages({ body, messageId: "m:1", sessionId: `import:${DOOR}` });

  const isTold = () => local.lines.some((line) => line.includes("run-of-earlier-version"));
  await eventually(async () => isTold() || null);
  const counts = await eventually(async () => {
    const found = local.stack.cloud.broker?.namespace.queues.get("runs")?.runtime.counts;
    return found?.active === 0 ? found : null;
  });
  expect(counts.deadLetter).toBe(0);
});

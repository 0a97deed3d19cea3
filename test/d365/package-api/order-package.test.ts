import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../../infra/local/azurite.ts";
import { findExecution } from "../../../src/d365/package-api/find-execution.ts";
import { orderPackage } from "../../../src/d365/package-api/order-package.ts";
import { startDueExports } from "../../../src/domain/exports/start-due-exports.ts";
import type { Ports, RunRequest } from "../../../src/domain/ports.ts";
import { DEFINITION_SCHEMAS } from "../../../src/systems/index.ts";
import { type ManualClock, manualClock } from "../../support/manual-clock.ts";
import { type StoragePorts, storagePorts } from "../../support/storage-ports.ts";
import { aDeletion, savedAt } from "../../support/stored-things.ts";

const APPLICATION_ID = "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";

let azurite: Azurite;

beforeAll(async () => {
  azurite = await startAzurite();
});

afterAll(async () => {
  await azurite.stop();
});

interface Shop {
  readonly clock: ManualClock;
  readonly exportId: string;
  readonly sent: RunRequest[];
  readonly ports: StoragePorts & Pick<Ports, "clock" | "log" | "runQueue">;
  order(executionId?: string): Promise<string>;
}

/** An export of its own that runs every hour. */
async function aShop(): Promise<Shop> {
  const exportId = `things-${randomUUID()}`;
  const clock = manualClock("2026-03-01T10:00:30Z");
  const sent: RunRequest[] = [];
  const ports = {
    ...(await storagePorts("memory")),
    clock,
    log: () => undefined,
    runQueue: { send: async (request: RunRequest) => void sent.push(request) },
  };
  const body = DEFINITION_SCHEMAS.kinds.exports.parse({
    fileType: "Test.Things",
    entities: [
      { name: "Things", source: { kind: "postgres", connection: "db", table: "public.t" } },
    ],
    format: { kind: "jsonl" },
    schedule: { cron: "0 * * * *" },
    packageApi: { applications: [APPLICATION_ID] },
  });
  const at = savedAt(clock.now());
  await ports.definitions.put("exports", { id: exportId, body, ...at }, null);
  return {
    ...{ clock, exportId, sent, ports },
    order: (executionId = "") =>
      orderPackage(ports, {
        ...{ applicationId: APPLICATION_ID, definitionGroupId: exportId, executionId },
        ...{ packageName: "", reExecute: false, entityList: [], mode: null, maxRows: null },
      }),
  };
}

test("packages that are under way hold up no schedule", async () => {
  const { ports, clock, exportId, order } = await aShop();
  await order();
  clock.set("2026-03-01T11:00:05Z");

  await startDueExports(ports);

  const { items } = await ports.runs.listSlots(exportId, { limit: 10, after: null });
  expect(items.map(({ outcome }) => outcome)).toEqual(["ran"]);
});

test("no more than 100 packages of an export are under way, and a repeated order is none of them", async () => {
  const { order, sent } = await aShop();
  const first = await order("first");
  for (let count = 1; count < 100; count++) {
    await order();
  }

  await expect(order()).rejects.toMatchObject({ code: "too-many-orders" });
  expect(await order("first")).toBe(first);
  expect(sent).toHaveLength(100);
});

test("an order is accepted although the queue cannot be reached, and sent by a tick", async () => {
  const { ports, clock, exportId, sent } = await aShop();
  const broken = {
    ...ports,
    runQueue: { send: () => Promise.reject(new Error("the queue is away")) },
  };
  const id = await orderPackage(broken, {
    ...{ applicationId: APPLICATION_ID, definitionGroupId: exportId, executionId: "" },
    ...{ packageName: "", reExecute: false, entityList: [], mode: null, maxRows: null },
  });
  clock.advance(120_000);

  await startDueExports(ports);

  const found = await findExecution(ports, { applicationId: APPLICATION_ID, id });
  expect(sent).toEqual([
    {
      kind: "order",
      exportId,
      runId: found.kind === "export" && found.run.runId,
      revision: expect.any(Number),
    },
  ]);
});

test("an id whose order is long forgotten stays known, and is not made good any more", async () => {
  const { ports, clock, exportId, sent } = await aShop();
  const lost = {
    ...ports,
    runs: { ...ports.runs, request: () => Promise.reject(new Error("the process died")) },
  };
  const order = {
    ...{ applicationId: APPLICATION_ID, definitionGroupId: exportId, executionId: "forgotten" },
    ...{ packageName: "", reExecute: false, entityList: [], mode: null, maxRows: null },
  };
  await expect(orderPackage(lost, order)).rejects.toThrow("died");
  clock.advance(2 * 60 * 60_000);

  const found = await findExecution(ports, { applicationId: APPLICATION_ID, id: "forgotten" });

  expect(found).toMatchObject({ kind: "export", run: { state: "queued" } });
  expect(sent).toEqual([]);
});

test("what became of a deleted export is still told to who ordered it, and to nobody else", async () => {
  const { ports, exportId, order } = await aShop();
  const id = await order();
  await ports.definitions.delete("exports", exportId, aDeletion());

  const found = await findExecution(ports, { applicationId: APPLICATION_ID, id });

  expect(found.kind).toBe("export");
  await expect(findExecution(ports, { applicationId: randomUUID(), id })).rejects.toMatchObject({
    code: "application-unknown",
  });
});

import { randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { expect } from "vitest";
import { executionStatus } from "../../../src/d365/package-api/describe-execution.ts";
import { findExecution } from "../../../src/d365/package-api/find-execution.ts";
import { type OrderRequest, orderPackage } from "../../../src/d365/package-api/order-package.ts";
import { packageUrl } from "../../../src/d365/package-api/package-url.ts";
import { resetVersionToken } from "../../../src/d365/package-api/reset-version-token.ts";
import { runOrder } from "../../../src/domain/exports/run-order.ts";
import { startDueExports } from "../../../src/domain/exports/start-due-exports.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { namesIn } from "../storage-ports.ts";
import { entriesOf } from "../zip.ts";
import { THINGS } from "./exporter.ts";
import { APPLICATION_ID, define, drain, EVERYTHING, type World } from "./world.ts";

const GROUP = { applicationId: APPLICATION_ID, definitionGroupId: "Things" };
const ORDER: Omit<OrderRequest, "executionId"> = {
  ...GROUP,
  ...{ packageName: "", reExecute: false, entityList: [], mode: null, maxRows: null },
};

/** A partner that orders data packages of the world's table. */
export interface Orderer extends World {
  /** Orders until there is an answer, and makes whatever is to be made. */
  exported(executionId: string): Promise<void>;
  reset(): Promise<void>;
  outcome(executionIds: readonly string[]): Promise<OrdererOutcome>;
}

/** The outside's view of these executions at the end. */
export interface OrdererOutcome {
  readonly packages: readonly string[];
  readonly runs: number;
  readonly unfinishedRuns: number;
  /** Packages in storage that no execution has. */
  readonly strayFiles: number;
  readonly exportCursor: string | null;
  readonly packageCursor: unknown;
}

/** @param goOnLater signal of each invocation: aborted from the beginning, it has time for one batch */
export async function orderer(
  world: World,
  goOnLater: AbortSignal = new AbortController().signal,
): Promise<Orderer> {
  // worlds share the container of packages, so each has an export of its own
  const exportId = `things-${randomUUID()}`;
  const body = {
    ...{ fileType: "World.Things", entities: [THINGS] },
    format: { kind: "package", definitionGroup: "Things", file: { kind: "csv" } },
    packageApi: { applications: [APPLICATION_ID], mode: "incremental" },
  };
  await define(world.ports, { kind: "exports", id: exportId, body });
  const invocation = { signal: new AbortController().signal, goOnLater };
  return {
    ...world,
    exported: async (executionId) => {
      await world.survive((ports) => orderPackage(ports, { ...ORDER, executionId }));
      // from the answer on the id is known, whatever dies next
      const found = await executionOf(world.ports, executionId);
      expect(["NotRun", "Executing", "Succeeded"]).toContain(executionStatus(found));
      await world.survive(async (ports) => {
        await startDueExports(ports);
        await drain(world.queues.orders, (run) => runOrder(ports, run, invocation));
      });
    },
    reset: async () => {
      await world.survive((ports) => resetVersionToken(ports, { ...GROUP, entityName: "" }));
    },
    outcome: (ids) => outcomeOf(world.ports, exportId, ids),
  };
}

function executionOf(ports: Ports, id: string) {
  return findExecution(ports, { applicationId: APPLICATION_ID, id });
}

async function outcomeOf(
  ports: Ports,
  exportId: string,
  ids: readonly string[],
): Promise<OrdererOutcome> {
  const packages: string[] = [];
  for (const id of ids) {
    packages.push(await describePackage(ports, id));
  }
  const files = await namesIn(ports.files, "packages", `${exportId}/`);
  const { active, cursor } = await ports.runs.current(exportId);
  const kept = await ports.runs.packageCursor(exportId);
  const runs = await ports.runs.listRuns(exportId, EVERYTHING);
  return {
    packages,
    runs: runs.items.length,
    unfinishedRuns: active.length,
    strayFiles: files.length - ids.length,
    exportCursor: cursor,
    packageCursor: JSON.parse(kept.cursor ?? "null").entities,
  };
}

async function describePackage(ports: Ports, id: string): Promise<string> {
  const found = await executionOf(ports, id);
  const path = found.kind === "export" ? found.run.result?.packageFile : undefined;
  const file = path === undefined ? null : await ports.files.read(path);
  const entries = file === null ? null : await entriesOf(await buffer(file.content));
  const hasUrl = (await packageUrl(ports, found)) !== "";
  return `${executionStatus(found)} ${hasUrl} ${entries?.get("Things.csv")}`;
}

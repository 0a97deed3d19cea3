import { randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { expect } from "vitest";
import { executionStatus } from "../../src/d365/package-api/describe-execution.ts";
import { findExecution } from "../../src/d365/package-api/find-execution.ts";
import { type OrderRequest, orderPackage } from "../../src/d365/package-api/order-package.ts";
import { packageUrl } from "../../src/d365/package-api/package-url.ts";
import { resetVersionToken } from "../../src/d365/package-api/reset-version-token.ts";
import { runExport } from "../../src/domain/exports/run-export.ts";
import type { Invocation } from "../../src/domain/exports/run-times.ts";
import { startDueExports } from "../../src/domain/exports/start-due-exports.ts";
import type { Ports, RunRequestOf } from "../../src/domain/ports.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { type FakeTable, fakeTable } from "./fake-source.ts";
import { Killed, type Killer, mortal } from "./kill.ts";
import { manualClock } from "./manual-clock.ts";
import { namesIn, type Storage, storagePorts } from "./storage-ports.ts";
import { savedAt } from "./stored-things.ts";
import { entriesOf } from "./zip.ts";

const APPLICATION_ID = "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";
const GROUP = { applicationId: APPLICATION_ID, definitionGroupId: "Things" };
const ORDER: Omit<OrderRequest, "executionId"> = {
  ...GROUP,
  packageName: "",
  reExecute: false,
  entityList: [],
  mode: null,
  maxRows: null,
};

/** Everything that outlives a process: stores, a queue that hands out again what was not settled, a source. */
export interface PackageWorld {
  readonly table: FakeTable;
  readonly killer: Killer;
  /** Orders until there is an answer, makes whatever is to be made, and restarts the process when it dies. */
  exported(executionId: string): Promise<void>;
  reset(): Promise<void>;
  /** The outside's view of these executions at the end. */
  outcome(executionIds: readonly string[]): Promise<PackageOutcome>;
}

export interface PackageOutcome {
  readonly packages: readonly string[];
  readonly runs: number;
  readonly unfinishedRuns: number;
  /** Packages in storage that no execution has. */
  readonly strayFiles: number;
  readonly exportCursor: string | null;
  readonly packageCursor: unknown;
}

/**
 * @param killAt the point at which the first process dies; null: never
 * @param options.sabotage takes a safeguard out of the ports, to see that it is missed
 * @param options.goOnLater signal of each invocation: aborted from the beginning, it has time for one batch
 */
export async function makePackageWorld(
  storage: Storage,
  killAt: number | null,
  options: { sabotage?: ((ports: Ports) => Ports) | undefined; goOnLater?: AbortSignal } = {},
): Promise<PackageWorld> {
  const { sabotage = (ports: Ports) => ports, goOnLater } = options;
  const invocation = {
    signal: new AbortController().signal,
    ...(goOnLater === undefined ? {} : { goOnLater }),
  };
  const exportId = `things-${randomUUID()}`;
  const clock = manualClock("2026-03-01T10:00:00Z");
  const table = fakeTable();
  const queue: RunRequestOf<"export">[] = [];
  const lasting = sabotage({
    ...(await storagePorts(storage)),
    ...unusedPorts(),
    clock,
    openSource: () => table.source(),
    runQueue: { send: async (request) => void (request.kind === "export" && queue.push(request)) },
  });
  await define(lasting, exportId);
  const first = mortal(lasting, killAt);
  let ports = first.ports;
  const untilAlive = async (step: () => Promise<unknown>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof Killed)) {
        throw error;
      }
      ports = lasting;
      // a run that was queued and never begun counts as stalled by then
      clock.advance(120_000);
      await step();
    }
  };
  return {
    table,
    killer: first.killer,
    exported: async (executionId) => {
      await untilAlive(() => orderPackage(ports, { ...ORDER, executionId }));
      // from the answer on the id is known, whatever dies next
      const found = await findExecution(lasting, {
        applicationId: APPLICATION_ID,
        id: executionId,
      });
      expect(["NotRun", "Executing", "Succeeded"]).toContain(executionStatus(found));
      await untilAlive(() => work(ports, queue, invocation));
    },
    reset: () => untilAlive(() => resetVersionToken(ports, { ...GROUP, entityName: "" })),
    outcome: (ids) => outcomeOf(lasting, exportId, ids),
  };
}

function unusedPorts(): Pick<
  Ports,
  "log" | "openTarget" | "announcements" | "connections" | "tokens"
> {
  const unused = () => {
    throw new Error("not for packages");
  };
  return {
    log: () => undefined,
    openTarget: unused,
    announcements: { send: unused },
    connections: { get: unused },
    tokens: { verify: unused },
  };
}

async function define(ports: Ports, exportId: string): Promise<void> {
  const body = DEFINITION_SCHEMAS.kinds.exports.parse({
    fileType: "World.Things",
    entities: [
      { name: "Things", source: { kind: "postgres", connection: "db", table: "public.things" } },
    ],
    format: { kind: "package", definitionGroup: "Things", file: { kind: "csv" } },
    packageApi: { applications: [APPLICATION_ID], mode: "incremental" },
  });
  const at = savedAt(ports.clock.now());
  await ports.definitions.put("exports", { id: exportId, body, ...at }, null);
}

/** Makes whatever is to be made. */
async function work(
  ports: Ports,
  queue: RunRequestOf<"export">[],
  invocation: Invocation,
): Promise<void> {
  await startDueExports(ports);
  for (let run = queue[0]; run !== undefined; run = queue[0]) {
    await runExport(ports, run, invocation);
    queue.shift();
  }
}

async function outcomeOf(
  ports: Ports,
  exportId: string,
  ids: readonly string[],
): Promise<PackageOutcome> {
  const packages: string[] = [];
  for (const id of ids) {
    packages.push(await describePackage(ports, id));
  }
  const files = await namesIn(ports.files, "packages", `${exportId}/`);
  const { active, cursor } = await ports.runs.current(exportId);
  const kept = await ports.runs.packageCursor(exportId);
  const runs = await ports.runs.listRuns(exportId, { limit: 100, after: null });
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
  const found = await findExecution(ports, { applicationId: APPLICATION_ID, id });
  const path = found.kind === "export" ? found.run.result?.packageFile : undefined;
  const file = path === undefined ? null : await ports.files.read(path);
  const entries = file === null ? null : await entriesOf(await buffer(file.content));
  const hasUrl = (await packageUrl(ports, found)) !== "";
  return `${executionStatus(found)} ${hasUrl} ${entries?.get("Things.csv")}`;
}

import { AppError } from "../../domain/errors.ts";
import type { Execution } from "../../domain/exports/executions.ts";
import { orderedEntities } from "../../domain/exports/package-definition.ts";
import type { ActiveRun, OrderedRun } from "../../domain/exports/run.ts";
import { queuedRun } from "../../domain/exports/run.ts";
import { nextRunId } from "../../domain/exports/run-id.ts";
import { sendRunNowOrLater } from "../../domain/exports/run-turns.ts";
import type { Ports, StoredDefinition } from "../../domain/ports.ts";
import { findExportGroup, type GroupRequest } from "./definition-groups.ts";

/** So many packages of one export may be under way. */
const MAX_WAITING = 100;
/** An order whose run was never recorded is not made good for longer than this: nobody waits for it any more. */
const FORGOTTEN_AFTER_MS = 60 * 60_000;

export type OrderPorts = Pick<
  Ports,
  "definitions" | "runs" | "executions" | "runQueue" | "clock" | "ids" | "log"
>;

export interface OrderRequest extends GroupRequest {
  readonly packageName: string;
  /** The partner's own; `""`: one is made. */
  readonly executionId: string;
  /** Whether an execution id that has run runs again. */
  readonly reExecute: boolean;
  /** All when empty. */
  readonly entityList: readonly string[];
  /** Null: as the export says. */
  readonly mode: "full" | "incremental" | null;
  /** So many rows of each entity; null: all. */
  readonly maxRows: number | null;
}

/**
 * Orders a data package of an export. The run is made by the queue, one after the other of the same export.
 *
 * From the answer on the id is known for good. The same order under the same id is one order, because clients repeat
 * requests without an answer. With `reExecute` it runs again once it has ended.
 *
 * @returns the execution id
 * @throws AppError `definition-not-found`, `application-unknown`, `too-many-orders`
 */
export async function orderPackage(ports: OrderPorts, request: OrderRequest): Promise<string> {
  const definition = await findExportGroup(ports, request);
  const executionId = request.executionId || ports.ids.guid();
  const earlier = await findOwnExecution(ports, definition.id, { ...request, executionId });
  if (earlier !== null) {
    const run = await runOf(ports, earlier);
    if (!request.reExecute || run.endedAt === null) {
      return executionId;
    }
  }
  const active = await activeWithRoom(ports, definition.id);
  const runId = nextRunId(ports, active, ports.clock.now());
  const run = orderedRun(ports, definition, { ...request, executionId, runId });
  const execution: Execution = { executionId, exportId: definition.id, run };
  if (earlier === null) {
    // the id first: it says what to do, and whoever meets it without its run makes that good
    await runOf(ports, await ports.executions.claim(execution));
  } else {
    await ports.executions.replace(execution);
    await runOf(ports, execution);
  }
  ports.log("package-ordered", {
    exportId: definition.id,
    runId: run.runId,
    executionId,
    applicationId: request.applicationId,
  });
  return executionId;
}

/** The run that an execution id stands for, as it is now; recorded now, if a crash came before that. */
export async function runOf(
  ports: Pick<Ports, "runs" | "runQueue" | "clock" | "log">,
  { exportId, run }: Execution,
): Promise<OrderedRun> {
  const recorded = await ports.runs.find(exportId, run.runId);
  if (recorded !== null) {
    return { ...recorded, package: run.package };
  }
  if (ports.clock.now().getTime() - run.queuedAt.getTime() < FORGOTTEN_AFTER_MS) {
    await ports.runs.request(run);
    await sendRunNowOrLater(ports, run);
  }
  return run;
}

/** Applications make ids of their own: what another one calls so is nothing to this one. */
async function findOwnExecution(
  ports: Pick<Ports, "executions">,
  exportId: string,
  { applicationId, executionId }: Pick<OrderRequest, "applicationId" | "executionId">,
): Promise<Execution | null> {
  const executions = await ports.executions.find(executionId);
  const own = executions.find(
    ({ exportId: at, run }) => at === exportId && run.package.applicationId === applicationId,
  );
  return own ?? null;
}

/** @returns the runs that have not ended. @throws AppError `too-many-orders` */
async function activeWithRoom(
  ports: Pick<Ports, "runs">,
  exportId: string,
): Promise<readonly ActiveRun[]> {
  const { active } = await ports.runs.current(exportId);
  if (active.filter(({ isOrder }) => isOrder).length >= MAX_WAITING) {
    throw new AppError(
      "too-many-orders",
      `Cannot order a package of "${exportId}": ${MAX_WAITING} are under way; wait for them`,
    );
  }
  return active;
}

function orderedRun(
  ports: Pick<Ports, "clock">,
  { id: exportId, body, incarnation }: StoredDefinition<"exports">,
  request: OrderRequest & { runId: string },
): OrderedRun {
  const queuedAt = ports.clock.now();
  const { applicationId, executionId, packageName, maxRows, entityList } = request;
  const entities = orderedEntities(body, entityList).map(({ name }) => name);
  return {
    ...queuedRun({
      exportId,
      queuedAt,
      runId: request.runId,
      fileType: body.fileType,
      incarnation,
      trigger: "request",
      dueAt: null,
      mode: request.mode ?? body.packageApi?.mode ?? "full",
    }),
    package: {
      executionId,
      applicationId,
      packageName,
      entities,
      maxRows,
      retentionDays: body.retentionDays,
    },
  };
}

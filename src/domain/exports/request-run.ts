import { AppError } from "../errors.ts";
import type { Ports } from "../ports.ts";
import type { Run } from "./run.ts";
import { queuedRun } from "./run.ts";
import { nextRunId } from "./run-id.ts";
import { sendRunNowOrLater } from "./run-turns.ts";

/**
 * Runs an export now, besides its schedule. The run still waits for a run of the same export that is in progress.
 *
 * The run is recorded before it is sent: a tick makes up for a crash between the two, and for an unavailable queue.
 *
 * @throws AppError `definition-not-found`
 */
export async function requestRun(
  ports: Pick<Ports, "definitions" | "runs" | "runQueue" | "clock" | "ids" | "log">,
  input: { exportId: string; mode: "full" | "incremental" },
): Promise<Run> {
  const { exportId, mode } = input;
  const definition = await ports.definitions.find("exports", exportId);
  if (definition === null) {
    throw new AppError(
      "definition-not-found",
      `Cannot run export "${exportId}": there is no such export`,
    );
  }
  const queuedAt = ports.clock.now();
  const { active } = await ports.runs.current(exportId);
  const runId = nextRunId(ports, active, queuedAt);
  const { fileType } = definition.body;
  const run = queuedRun({
    exportId,
    runId,
    fileType,
    incarnation: definition.incarnation,
    trigger: "request",
    dueAt: null,
    queuedAt,
    mode,
  });
  await ports.runs.request(run);
  ports.log("run-queued", { exportId, runId, mode });
  await sendRunNowOrLater(ports, run);
  return run;
}

import { AppError } from "../errors.ts";
import type { Ports } from "../ports.ts";
import type { Run } from "./run.ts";
import { queuedRun } from "./run.ts";
import { nextRunId } from "./run-id.ts";
import { sendRunNowOrLater } from "./run-turns.ts";

/**
 * Runs an export now, besides its schedule. It still waits for a run of the same export that is going on.
 *
 * The run is recorded before it is sent: a crash between the two, and a queue that is away, are made good by a tick.
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
